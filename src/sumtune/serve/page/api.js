// Requests to the service.

const KEY = "sumtune-key";

export class ServiceError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function useKey(key) {
  sessionStorage.setItem(KEY, key);
}

export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Returns the response to a request. Throws ServiceError with the service's message on an error status. */
export async function call(path, options = {}) {
  const headers = { ...options.headers };
  if (hasKey()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError(0, "The service cannot be reached.");
  }
  if (!response.ok) throw new ServiceError(response.status, await errorMessage(response));
  return response;
}

async function errorMessage(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return body.detail ?? body.error.message;
  } catch {
    return `The service returned status ${response.status}.`;
  }
}

/** Yields {name, data} for each event of POST /summarize. */
export async function* summarize(body, signal) {
  const response = await call("/summarize", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) yield parseEvent(block);
  }
}

function parseEvent(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
  const data = JSON.parse(fields.data);
  if (fields.event === "error") throw new ServiceError(data.status, data.detail);
  return { name: fields.event, data };
}
