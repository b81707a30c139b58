// Chosen or dropped text files. Each is one conversation.

import { byId, count, element, show, showError } from "/page/dom.js";
import { decode } from "/page/encoding.js";

let chosen = [];

/** Returns title and dialogue of each chosen file. */
export function chosenFiles() {
  return chosen;
}

export function clearFiles() {
  chosen = [];
  byId("files").value = "";
  showFiles();
}

export async function addFiles(files) {
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    try {
      const { text, guessed } = decode(bytes);
      const note = guessed ? " (not UTF-8, read as Windows-1252)" : "";
      if (text.trim() === "") showError(`${file.name} is empty.`);
      else chosen.push({ title: file.name + note, dialogue: text });
    } catch {
      showError(`${file.name} is not a UTF-8 text file.`);
    }
  }
  showFiles();
}

function showFiles() {
  byId("chosen").replaceChildren(...chosen.map(({ title }) => element("li", {}, title)));
  show("chosen", chosen.length > 0);
  show("clear", chosen.length > 0);
  byId("submit").textContent = chosen.length ? `Summarize ${count(chosen.length, "file")}` : "Summarize";
}
