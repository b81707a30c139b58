// Functions for the elements of the page.

export const byId = (id) => document.getElementById(id);

/** Returns a new element with attributes and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function show(id, visible = true) {
  byId(id).hidden = !visible;
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Shows an error message in the element `id`, or hides the element if the message is empty. */
export function showError(message, id = "error") {
  byId(id).textContent = message;
  show(id, message !== "");
}
