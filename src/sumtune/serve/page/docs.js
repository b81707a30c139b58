// API documentation from /openapi.json, with requests to try.

import { ServiceError, call, useKey } from "/page/api.js";
import { byId, element } from "/page/dom.js";

function resolveRef(schema, document) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((value, part) => value[part], document);
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return schema.type ?? (schema.const === undefined ? "anything" : JSON.stringify(schema.const));
}

function fields(schema) {
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    element("tr", {},
      element("th", { scope: "row" }, element("code", {}, name)),
      element("td", {}, typeOf(field)),
      element("td", {}, [schema.required?.includes(name) ? "Required." : "", field.description ?? ""].join(" ").trim()),
    ));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Fields of ${schema.title}` },
    element("table", {}, element("tbody", {}, ...rows)));
}

function responses(operation) {
  const items = Object.entries(operation.responses).map(([status, { description }]) =>
    element("li", {}, element("code", {}, status), ` ${description}`));
  return element("details", {}, element("summary", {}, "Responses"), element("ul", {}, ...items));
}

async function send(method, path, body, output) {
  output.hidden = false;
  output.textContent = "…";
  try {
    const options = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body };
    const response = await call(path, { method, ...options });
    output.textContent = pretty(await response.text()) || `${response.status}`;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    output.textContent = `${error.status}: ${error.message}`;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function tryOut(method, path, example, name) {
  const output = element("pre", { "aria-live": "polite", tabindex: "0" });
  output.hidden = true;
  const button = element("button", { type: "button" }, `Send ${name}`);
  if (example === undefined) {
    button.addEventListener("click", () => send(method, path, undefined, output));
    return [button, output];
  }
  const text = element("textarea", { rows: "6", spellcheck: "false", "aria-label": `Body of ${name}` });
  text.value = JSON.stringify(example, null, 2);
  button.addEventListener("click", () => send(method, path, text.value, output));
  return [text, button, output];
}

function section(method, path, operation, document) {
  const name = `${method.toUpperCase()} ${path}`;
  const body = resolveRef(operation.requestBody?.content["application/json"].schema, document);
  const parts = [element("h2", {}, element("code", {}, name)), element("p", {}, operation.description ?? "")];
  if (body.properties) parts.push(fields(body));
  parts.push(responses(operation));
  if (!path.includes("{")) parts.push(...tryOut(method.toUpperCase(), path, body.examples?.[0], name));
  return element("section", { class: "card" }, ...parts);
}

async function showOperations() {
  const document = await (await call("/openapi.json")).json();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      byId("operations").append(section(method, path, operation, document));
    }
  }
}

byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(byId("key").value.trim());
});
showOperations();
