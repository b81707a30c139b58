// Filter the examples. Without this script, the page shows all of them.
"use strict";

const form = document.getElementById("filter");

function showMatches() {
  const words = document.getElementById("search").value.trim().toLowerCase().split(/\s+/);
  const role = document.getElementById("role").value;
  const unsupported = document.getElementById("unsupported").checked;
  const examples = [...document.querySelectorAll(".example")];
  for (const example of examples) {
    const text = example.textContent.toLowerCase();
    example.hidden =
      (role && example.dataset.role !== role) ||
      (unsupported && example.dataset.unsupported !== "yes") ||
      !words.every((word) => text.includes(word));
  }
  const shown = examples.filter((example) => !example.hidden).length;
  document.getElementById("count").textContent = `${shown} of ${examples.length} examples`;
}

if (form) {
  form.hidden = false;
  form.addEventListener("input", showMatches);
  form.addEventListener("submit", (event) => event.preventDefault());
  showMatches();
}

// Paper shows what is folded away on the screen.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
