// Small words for the page's elements.

export const at = (id) => document.getElementById(id);

/** An element with attributes and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function show(id, visible = true) {
  at(id).hidden = !visible;
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Shows a message at `place`, or takes it away where it is empty. */
export function fail(message, place = "error") {
  at(place).textContent = message;
  show(place, message !== "");
}
