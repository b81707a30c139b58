// The page: a conversation or several files go in, summaries come out.

import { Refused, call, hasKey, summarize, useKey } from "/page/api.js";
import { csv, download } from "/page/csv.js";
import { element, placeFor, showSummary } from "/page/results.js";

const TOGETHER = 16; // conversations a request
const BASE = "base";
const at = (id) => document.getElementById(id);
const state = { files: [], adapters: [], running: null, results: [] };

function show(id, visible = true) {
  at(id).hidden = !visible;
}

function fail(message, place = "error") {
  at(place).textContent = message;
  show(place, message !== "");
}

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

// What the service offers

async function untilReady() {
  for (;;) {
    try {
      await call("/ready");
      at("status").textContent = "";
      return;
    } catch (error) {
      if (error.status !== 503) throw error;
      at("status").textContent = "The model is being loaded…";
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function loadService() {
  await untilReady();
  state.adapters = await (await call("/adapters")).json();
  const models = await (await call("/v1/models")).json();
  at("adapter").replaceChildren(
    ...state.adapters.map(({ name, description }) => element("option", { value: name }, `${name} (${description})`)),
  );
  show("adapter-choice", state.adapters.length > 1);
  show("compare-choice", models.data.some(({ id }) => id === BASE));
  offerSearch();
  showFigures(await (await call("/run")).json());
}

function chosenAdapter() {
  return state.adapters.find(({ name }) => name === at("adapter").value);
}

function offerSearch() {
  show("search-choice", (chosenAdapter()?.beams ?? 1) > 1);
}

function showFigures({ split, n, systems, report }) {
  show("report", report);
  show("figures-section", systems.length > 0);
  at("figures-caption").textContent = `Mean of ${n} conversations of the ${split} split, with 95% intervals.`;
  const figure = ({ mean, low, high }) =>
    element("td", {}, mean.toFixed(3), " ", element("small", {}, `${low.toFixed(3)}–${high.toFixed(3)}`));
  at("figures").replaceChildren(
    ...systems.map((system) =>
      element("tr", {}, element("th", { scope: "row" }, system.name),
        figure(system.rouge1), figure(system.rouge2), figure(system.rougeL)),
    ),
  );
}

async function loadExamples() {
  const examples = await (await call("/page/examples.json")).json();
  at("example").append(...examples.map(({ title }, number) => element("option", { value: number }, title)));
  at("example").addEventListener("change", () => {
    const chosen = examples[at("example").value];
    if (chosen) at("dialogue").value = chosen.dialogue;
  });
}

// Files

async function addFiles(files) {
  for (const file of files) {
    const bytes = await file.arrayBuffer();
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
      if (text === "") fail(`${file.name} is empty.`);
      else state.files.push({ title: file.name, dialogue: text });
    } catch {
      fail(`${file.name} is not UTF-8 text.`);
    }
  }
  showFiles();
}

function showFiles() {
  at("chosen").replaceChildren(...state.files.map(({ title }) => element("li", {}, title)));
  show("chosen", state.files.length > 0);
  show("clear", state.files.length > 0);
  at("submit").textContent = state.files.length ? `Summarize ${count(state.files.length, "file")}` : "Summarize";
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// Summarizing

function conversations() {
  const typed = at("dialogue").value.trim();
  if (state.files.length) return state.files;
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
  for (let start = 0; start < items.length; start += TOGETHER) {
    const part = items.slice(start, start + TOGETHER);
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
  }
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
    state.files = [];
    at("files").value = "";
    showFiles();
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
