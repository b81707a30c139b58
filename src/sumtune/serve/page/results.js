// What is shown of each summary.

import { element } from "/page/dom.js";

/** The place on the page for the summaries of one conversation; `systems` are names by adapter. */
export function placeFor(title, systems) {
  const texts = new Map();
  const pair = element("div", { class: "pair" });
  for (const [adapter, name] of systems) {
    const summary = element("p", { class: "summary" });
    const notes = element("p", { class: "hint" });
    const box = element("div", { "aria-busy": "true", "data-adapter": adapter });
    if (systems.size > 1) box.append(element("h4", {}, name));
    box.append(summary, notes);
    pair.append(box);
    texts.set(adapter, { box, summary, notes });
  }
  return { article: element("article", {}, element("h3", {}, title), pair), texts };
}

/** Shows a finished summary, its unsupported names and numbers marked. */
export function showSummary({ box, summary, notes }, result) {
  summary.replaceChildren(...marked(result));
  notes.textContent = note(result);
  box.setAttribute("aria-busy", "false");
}

/** The summary as nodes. Places count code points, so it is cut as an array of them. */
function marked({ summary, unsupported }) {
  const points = Array.from(summary);
  const nodes = [];
  let at = 0;
  for (const mention of unsupported) {
    const title = `This ${mention.kind} is not in the conversation`;
    nodes.push(points.slice(at, mention.start).join(""), element("mark", { title }, mention.text));
    at = mention.end;
  }
  nodes.push(points.slice(at).join(""));
  return nodes;
}

function note({ unsupported, cut_off }) {
  const parts = [];
  if (unsupported.length) parts.push(`Not in the conversation: ${unsupported.map((one) => one.text).join(", ")}.`);
  if (cut_off) parts.push("Cut off at the longest length.");
  return parts.join(" ");
}
