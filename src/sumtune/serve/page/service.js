// What the service offers: its adapters, the run's figures, the examples.

import { call } from "/page/api.js";
import { at, element, show } from "/page/dom.js";

export const BASE = "base";
let adapters = [];

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

export async function loadService() {
  await untilReady();
  adapters = await (await call("/adapters")).json();
  const models = await (await call("/v1/models")).json();
  at("adapter").replaceChildren(
    ...adapters.map(({ name, description }) => element("option", { value: name }, `${name} (${description})`)),
  );
  show("adapter-choice", adapters.length > 1);
  show("compare-choice", models.data.some(({ id }) => id === BASE));
  offerSearch();
  showFigures(await (await call("/run")).json());
}

export function chosenAdapter() {
  return adapters.find(({ name }) => name === at("adapter").value);
}

export function offerSearch() {
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

export async function loadExamples() {
  const examples = await (await call("/page/examples.json")).json();
  at("example").append(...examples.map(({ title }, number) => element("option", { value: number }, title)));
  at("example").addEventListener("change", () => {
    const chosen = examples[at("example").value];
    if (chosen) at("dialogue").value = chosen.dialogue;
  });
}
