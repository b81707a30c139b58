// The page: summarize a conversation or several files.

import { ServiceError, call, hasKey, summarize, useKey } from "/page/api.js";
import { csv, download } from "/page/csv.js";
import { byId, count, show, showError } from "/page/dom.js";
import { addFiles, chosenFiles, clearFiles } from "/page/files.js";
import { createResult, showSummary } from "/page/results.js";
import { BASE, chosenAdapter, loadExamples, loadService, updateChoices } from "/page/service.js";

const MAX_CONVERSATIONS = 16; // per request
const MAX_BYTES = 50_000; // per request, so that the parts of long conversations fit in the queue; a longer one is sent alone
const state = { running: null, results: [] };

/** Runs `action` and shows its errors. Asks for the API key if it is missing or wrong. */
async function reportErrors(action) {
  showError("");
  showError("", "key-error");
  try {
    await action();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof ServiceError)) throw error;
    show("key-form", error.status === 401);
    if (error.status === 401) {
      showError(hasKey() ? "The service does not accept this API key." : "Enter the API key first.", "key-error");
      byId("key").focus();
    } else {
      showError(error.message);
    }
  }
}

// Summarizing

function conversations() {
  const typed = byId("dialogue").value.trim();
  if (chosenFiles().length) return chosenFiles();
  return typed ? [{ title: "Conversation", dialogue: typed }] : [];
}

async function run() {
  const items = conversations();
  if (!items.length) {
    showError("Paste a conversation first, or choose an example or files.");
    byId("dialogue").focus();
    return;
  }
  const adapter = chosenAdapter()?.name;
  const systems = new Map([[adapter, "Tuned"]]);
  if (byId("compare").checked) systems.set(BASE, "Untuned");
  state.results = items.map(({ title }) => ({ title, summaries: new Map(), elements: createResult(title, systems) }));
  byId("results").replaceChildren(...state.results.map(({ elements }) => elements.article));
  show("results-section");
  show("download", false);
  byId("status").textContent = `Summarizing ${count(items.length, "conversation")}…`;
  const start = performance.now();
  const notes = await Promise.all([...systems.keys()].map((name) => runSystem(items, name)));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const done = `Done: ${count(items.length, "conversation")} in ${seconds} s.`;
  byId("status").textContent = [done, ...new Set(notes.flat())].join(" ");
  show("download");
}

/** Summarizes all conversations with one adapter, in several requests. Returns the notes of the service. */
async function runSystem(items, adapter) {
  const notes = [];
  let start = 0;
  for (const batch of batches(items)) {
    const body = { dialogues: batch.map(({ dialogue }) => dialogue) };
    if (adapter) body.adapter = adapter;
    if (byId("style").value) body.style = byId("style").value;
    if (adapter !== BASE && byId("search").value === "beams") body.beams = chosenAdapter().beams;
    for await (const { name, data } of summarize(body, state.running.signal)) {
      if (name === "done" && data.note) notes.push(data.note);
      if (name !== "piece" && name !== "summary") continue;
      const result = state.results[start + data.index];
      const elements = result.elements.texts.get(adapter);
      if (name === "piece") elements.summary.append(data.text);
      else {
        result.summaries.set(adapter, data);
        showSummary(elements, data);
      }
    }
    start += batch.length;
  }
  return notes;
}

/** Splits the conversations into batches within the limits of a request. */
function batches(items) {
  const result = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = new Blob([item.dialogue]).size;
    if (bytes + size > MAX_BYTES || result.at(-1).length === MAX_CONVERSATIONS) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1).push(item);
    bytes += size;
  }
  return result;
}

async function submit(event) {
  event.preventDefault();
  if (state.running) return;
  state.running = new AbortController();
  byId("submit").disabled = true;
  show("stop");
  await reportErrors(run);
  state.running.abort(); // if one adapter failed, the other may still be running
  if (!byId("status").textContent.startsWith("Done")) byId("status").textContent = "";
  removeUnfinished();
  state.running = null;
  byId("submit").disabled = false;
  show("stop", false);
}

/** After an error or a stop: ends the busy state and removes empty results. */
function removeUnfinished() {
  for (const box of byId("results").querySelectorAll("[aria-busy=true]")) box.setAttribute("aria-busy", "false");
  for (const article of byId("results").querySelectorAll("article")) {
    const texts = [...article.querySelectorAll(".summary")].map((summary) => summary.textContent);
    if (texts.every((text) => text === "")) article.remove();
  }
  show("results-section", byId("results").childElementCount > 0);
}

function stop() {
  state.running?.abort();
  byId("submit").disabled = false;
  byId("submit").focus();
}

function downloadCsv() {
  const adapters = [...state.results[0].elements.texts.keys()];
  const header = ["conversation"];
  for (const adapter of adapters) header.push(`${adapter}: summary`, `${adapter}: not in the conversation`);
  const rows = state.results.map(({ title, summaries }) => [
    title,
    ...adapters.flatMap((adapter) => {
      const { summary, unsupported } = summaries.get(adapter);
      return [summary, unsupported.map(({ text }) => text).join("; ")];
    }),
  ]);
  download("summaries.csv", csv([header, ...rows]), "text/csv;charset=utf-8");
}

function addListeners() {
  byId("form").addEventListener("submit", submit);
  byId("stop").addEventListener("click", stop);
  byId("download").addEventListener("click", downloadCsv);
  byId("adapter").addEventListener("change", updateChoices);
  byId("report").addEventListener("click", (event) => {
    if (!hasKey()) return; // a link cannot send the key
    event.preventDefault();
    reportErrors(async () => download("report.html", await (await call("/report")).text(), "text/html"));
  });
  byId("files").addEventListener("change", () => reportErrors(() => addFiles(byId("files").files)));
  byId("clear").addEventListener("click", () => {
    clearFiles();
    byId("files").focus();
  });
  byId("dialogue").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
  });
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(byId("key").value.trim());
    reportErrors(async () => {
      await loadService();
      show("key-form", false);
      byId("dialogue").focus();
    });
  });
  for (const [type, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    byId("form").addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      byId("form").classList.toggle("over", over);
      if (type === "drop") reportErrors(() => addFiles(event.dataTransfer.files));
    });
  }
}

addListeners();
reportErrors(loadExamples).then(() => reportErrors(loadService));
