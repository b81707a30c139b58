// Show summaries.

import { element } from "/page/dom.js";

/** Returns the elements for the summaries of one conversation. `systems` maps adapters to display names. */
export function createResult(title, systems) {
  const texts = new Map();
  const pair = element("div", { class: "pair" });
  for (const [adapter, name] of systems) {
    const summary = element("p", { class: "summary", dir: "auto" });
    const notes = element("p", { class: "hint", dir: "auto" });
    const box = element("div", { "aria-busy": "true", "data-adapter": adapter });
    if (systems.size > 1) box.append(element("h4", {}, name));
    box.append(summary, notes);
    pair.append(box);
    texts.set(adapter, { box, summary, notes });
  }
  return { article: element("article", {}, element("h3", { dir: "auto" }, title), pair), texts };
}

/** Shows a finished summary with its unsupported names and numbers marked. */
export function showSummary({ box, summary, notes }, result) {
  summary.replaceChildren(...markedNodes(result));
  notes.textContent = note(result);
  box.setAttribute("aria-busy", "false");
}

/** Returns the summary as nodes. Positions count code points, so the text is split into code points. */
function markedNodes({ summary, unsupported }) {
  const points = Array.from(summary);
  const nodes = [];
  let end = 0;
  for (const mention of unsupported) {
    const title = `This ${mention.kind} is not in the conversation`;
    nodes.push(points.slice(end, mention.start).join(""), element("mark", { title }, mention.text));
    end = mention.end;
  }
  nodes.push(points.slice(end).join(""));
  return nodes;
}

function note({ unsupported, inconsistent, cut_off, read }) {
  const parts = [];
  const [, several] = read.match(/^parts \((\d+)\)$/) ?? [];
  if (several) parts.push(`Read in ${several} parts.`);
  if (unsupported.length) parts.push(`Not in the conversation: ${unsupported.map((one) => one.text).join(", ")}.`);
  for (const { text, reason } of inconsistent) parts.push(`Check “${text}”: ${reason}`);
  if (cut_off) parts.push("Cut off at the length limit.");
  return parts.join(" ");
}
