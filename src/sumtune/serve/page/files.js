// Text files that were chosen or dropped; each is one conversation.

import { at, count, element, fail, show } from "/page/dom.js";
import { decode } from "/page/encoding.js";

let chosen = [];

/** The conversations of the chosen files: their titles and texts. */
export function chosenFiles() {
  return chosen;
}

export function clearFiles() {
  chosen = [];
  at("files").value = "";
  showFiles();
}

export async function addFiles(files) {
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    try {
      const { text, guessed } = decode(bytes);
      const note = guessed ? " (not UTF-8, read as Windows-1252)" : "";
      if (text.trim() === "") fail(`${file.name} is empty.`);
      else chosen.push({ title: file.name + note, dialogue: text });
    } catch {
      fail(`${file.name} is not UTF-8 text.`);
    }
  }
  showFiles();
}

function showFiles() {
  at("chosen").replaceChildren(...chosen.map(({ title }) => element("li", {}, title)));
  show("chosen", chosen.length > 0);
  show("clear", chosen.length > 0);
  at("submit").textContent = chosen.length ? `Summarize ${count(chosen.length, "file")}` : "Summarize";
}
