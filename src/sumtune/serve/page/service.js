// Load adapters, scores and examples from the service.

import { call } from "/page/api.js";
import { byId, element, show } from "/page/dom.js";

export const BASE = "base";
let adapters = [];

async function waitUntilReady() {
  for (;;) {
    try {
      await call("/ready");
      byId("status").textContent = "";
      return;
    } catch (error) {
      if (error.status !== 503) throw error;
      byId("status").textContent = "The model is loading…";
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

export async function loadService() {
  await waitUntilReady();
  adapters = await (await call("/adapters")).json();
  const models = await (await call("/v1/models")).json();
  byId("adapter").replaceChildren(
    ...adapters.map(({ name, description }) => element("option", { value: name }, `${name} (${description})`)),
  );
  show("adapter-choice", adapters.length > 1);
  show("compare-choice", models.data.some(({ id }) => id === BASE));
  updateChoices();
  showScores(await (await call("/run")).json());
}

export function chosenAdapter() {
  return adapters.find(({ name }) => name === byId("adapter").value);
}

export function updateChoices() {
  const { beams = 1, styles = [] } = chosenAdapter() ?? {};
  show("search-choice", beams > 1);
  byId("style").replaceChildren(
    element("option", { value: "" }, "None"), ...styles.map((style) => element("option", { value: style }, style)),
  );
  show("style-choice", styles.length > 0);
}

function showScores({ split, n, systems, report }) {
  show("report", report);
  show("scores-section", systems.length > 0);
  byId("scores-caption").textContent = `Mean of ${n} conversations of the ${split} split, with 95% intervals.`;
  const cell = ({ mean, low, high }) =>
    element("td", {}, mean.toFixed(3), " ", element("small", {}, `${low.toFixed(3)}–${high.toFixed(3)}`));
  byId("scores").replaceChildren(
    ...systems.map((system) =>
      element("tr", {}, element("th", { scope: "row" }, system.name),
        cell(system.rouge1), cell(system.rouge2), cell(system.rougeL),
        system.chrf ? cell(system.chrf) : element("td")),
    ),
  );
}

export async function loadExamples() {
  const examples = await (await call("/page/examples.json")).json();
  byId("example").append(...examples.map(({ title }, number) => element("option", { value: number }, title)));
  byId("example").addEventListener("change", () => {
    const chosen = examples[byId("example").value];
    if (chosen) byId("dialogue").value = chosen.dialogue;
  });
}
