// The page: a conversation or several files go in, summaries come out.

import { Refused, call, hasKey, summarize, useKey } from "/page/api.js";
import { csv, download } from "/page/csv.js";
import { at, count, fail, show } from "/page/dom.js";
import { addFiles, chosenFiles, clearFiles } from "/page/files.js";
import { placeFor, showSummary } from "/page/results.js";
import { BASE, chosenAdapter, loadExamples, loadService, offerSearch } from "/page/service.js";

const MOST_TOGETHER = 16; // conversations a request
const MOST_BYTES = 500_000; // of a request, well below what the service takes
const state = { running: null, results: [] };

/** Runs `work` and says what went wrong; asks for the key where that is missing. */
async function told(work) {
  fail("");
  fail("", "key-error");
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    show("key-form", error.status === 401);
    if (error.status === 401) {
      fail(hasKey() ? "This API key is not accepted." : "Enter the API key first.", "key-error");
      at("key").focus();
    } else {
      fail(error.message);
    }
  }
}

// Summarizing

function conversations() {
  const typed = at("dialogue").value.trim();
  if (chosenFiles().length) return chosenFiles();
  return typed ? [{ title: "Conversation", dialogue: typed }] : [];
}

async function run() {
  const items = conversations();
  if (!items.length) {
    fail("Paste a conversation first, or choose an example or files.");
    at("dialogue").focus();
    return;
  }
  const adapter = chosenAdapter()?.name;
  const systems = new Map([[adapter, "Tuned"]]);
  if (at("compare").checked) systems.set(BASE, "Untuned");
  state.results = items.map(({ title }) => ({ title, summaries: new Map(), place: placeFor(title, systems) }));
  at("results").replaceChildren(...state.results.map(({ place }) => place.article));
  show("results-section");
  show("download", false);
  at("status").textContent = `Summarizing ${count(items.length, "conversation")}…`;
  const begun = performance.now();
  await Promise.all([...systems.keys()].map((name) => runSystem(items, name)));
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  at("status").textContent = `Done: ${count(items.length, "conversation")} in ${seconds} s.`;
  show("download");
}

/** Has all conversations summarized by one adapter, some at a time. */
async function runSystem(items, adapter) {
  let start = 0;
  for (const part of parts(items)) {
    const body = { dialogues: part.map(({ dialogue }) => dialogue) };
    if (adapter) body.adapter = adapter;
    if (adapter !== BASE && at("search").value === "beams") body.beams = chosenAdapter().beams;
    for await (const { name, data } of summarize(body, state.running.signal)) {
      if (name !== "piece" && name !== "summary") continue;
      const result = state.results[start + data.index];
      const place = result.place.texts.get(adapter);
      if (name === "piece") place.summary.append(data.text);
      else {
        result.summaries.set(adapter, data);
        showSummary(place, data);
      }
    }
    start += part.length;
  }
}

/** Conversations in order, as many together as a request may hold. */
function parts(items) {
  const found = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = new Blob([item.dialogue]).size;
    if (bytes + size > MOST_BYTES || found.at(-1).length === MOST_TOGETHER) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1).push(item);
    bytes += size;
  }
  return found;
}

async function submit(event) {
  event.preventDefault();
  if (state.running) return;
  state.running = new AbortController();
  at("submit").disabled = true;
  show("stop");
  await told(run);
  state.running.abort(); // what an error of one adapter left running
  if (!at("status").textContent.startsWith("Done")) at("status").textContent = "";
  tidy();
  state.running = null;
  at("submit").disabled = false;
  show("stop", false);
}

/** Ends what an error or a stop left unfinished, and takes away what stayed empty. */
function tidy() {
  for (const box of at("results").querySelectorAll("[aria-busy=true]")) box.setAttribute("aria-busy", "false");
  for (const article of at("results").querySelectorAll("article")) {
    const texts = [...article.querySelectorAll(".summary")].map((summary) => summary.textContent);
    if (texts.every((text) => text === "")) article.remove();
  }
  show("results-section", at("results").childElementCount > 0);
}

function stop() {
  state.running?.abort();
  at("submit").disabled = false;
  at("submit").focus();
}

function downloadCsv() {
  const adapters = [...state.results[0].place.texts.keys()];
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

/** With a key, a plain link could not show who asks: then the report is fetched and saved. */
async function openReport(event) {
  if (!hasKey()) return;
  event.preventDefault();
  await told(async () => download("report.html", await (await call("/report")).text(), "text/html"));
}

function listen() {
  at("form").addEventListener("submit", submit);
  at("stop").addEventListener("click", stop);
  at("download").addEventListener("click", downloadCsv);
  at("report").addEventListener("click", openReport);
  at("adapter").addEventListener("change", offerSearch);
  at("files").addEventListener("change", () => told(() => addFiles(at("files").files)));
  at("clear").addEventListener("click", () => {
    clearFiles();
    at("files").focus();
  });
  at("dialogue").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("form").requestSubmit();
  });
  at("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(at("key").value.trim());
    told(async () => {
      await loadService();
      show("key-form", false);
      at("dialogue").focus();
    });
  });
  for (const [type, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    at("form").addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      at("form").classList.toggle("over", over);
      if (type === "drop") told(() => addFiles(event.dataTransfer.files));
    });
  }
}

listen();
told(loadExamples).then(() => told(loadService));
