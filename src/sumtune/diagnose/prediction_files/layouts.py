"""Bring rows of other tools into one layout: prediction, reference, prompt or dialogue, id."""

from collections.abc import Iterator, Mapping
from typing import Any

from sumtune.data.columns import DIALOGUE_NAMES
from sumtune.evaluate.scorecard import TUNED

__all__ = ["Row", "flat_rows", "last_message"]

Row = Mapping[str, Any]
NumberedRow = tuple[int, dict[str, Any]]
BODIES = (("response", "body"), ("response",), ("result", "message"), ())
"""Where a row holds the answer of an API: OpenAI's batches and vLLM's, Gemini's, Anthropic's, and the bare answer."""
LIMIT_REASONS = ("length", "max_tokens", "incomplete")


def flat_rows(rows: Iterator[tuple[int, Row]]) -> list[NumberedRow]:
    """Return the rows. Predictions, references, prompts and so on that a tool nests become columns.

    The harness of EleutherAI repeats each example for every filter; only the rows of the first filter are returned.
    """
    flat = [(number, {**row, **_named(row)}) for number, row in rows]
    first = flat[0][1].get("filter") if flat else None
    return [(number, row) for number, row in flat if row.get("filter") == first or "resps" not in row]


def last_message(value: Any) -> Any:
    """Return the content of the last message if `value` is a chat, otherwise `value`.

    >>> last_message([{"role": "user", "content": "Summarize: ..."}, {"role": "assistant", "content": "Ann pays."}])
    'Ann pays.'
    """
    is_chat = isinstance(value, list) and bool(value) and isinstance(value[-1], Mapping) and "role" in value[-1]
    return value[-1].get("content") if is_chat else value


def _named(row: Row) -> dict[str, Any]:
    for read in (_of_sumtune, _of_harness, _of_request, _of_answer):
        found = read(row)
        if found is not None:
            return found
    return {}


def _of_sumtune(row: Row) -> dict[str, Any] | None:
    """Read the tuned system's prediction from our own `predictions.jsonl`."""
    systems = row.get("systems")
    if not isinstance(systems, Mapping) or not isinstance(systems.get(TUNED), Mapping):
        return None
    return {"prediction": systems[TUNED].get("prediction")}


def _of_harness(row: Row) -> dict[str, Any] | None:
    """Read a sample that lm-evaluation-harness logs (`--log_samples`)."""
    answers = row.get("filtered_resps") or row.get("resps")
    if not isinstance(answers, list):
        return None
    named = {"prediction": _first(answers), "reference": row.get("target"), "id": row.get("doc_id")}
    document = row.get("doc") if isinstance(row.get("doc"), Mapping) else {}
    known = {str(key).casefold(): value for key, value in (document or {}).items()}
    dialogue = next((known[name] for name in DIALOGUE_NAMES if known.get(name)), None)
    arguments = row.get("arguments")
    first = arguments.get("gen_args_0") if isinstance(arguments, Mapping) else None
    prompt = first.get("arg_0") if isinstance(first, Mapping) else arguments
    return named | ({"prompt": _first(prompt)} if dialogue is None else {"dialogue": dialogue})


def _of_request(row: Row) -> dict[str, Any] | None:
    """Read a request of a batch: it holds no prediction, but the prompt."""
    body = row.get("body")
    if not isinstance(body, Mapping) or "custom_id" not in row:
        return None
    return {"prompt": body.get("messages") or body.get("prompt") or body.get("input"), "id": row["custom_id"]}


def _of_answer(row: Row) -> dict[str, Any] | None:
    """Read the answer of an API, perhaps as a row of a batch. A request that failed has an empty prediction."""
    for path in BODIES:
        body: Any = row
        for key in path:
            body = body.get(key) if isinstance(body, Mapping) else None
        found = _answer(body) if isinstance(body, Mapping) else None
        if found is not None:
            text, reason = found
            reasons = {} if reason is None else {"cut_off": str(reason).lower() in LIMIT_REASONS}
            return {"prediction": text, **_id(row), **reasons}
    if "custom_id" in row and ("error" in row or "result" in row or "response" in row):
        return {"prediction": "", **_id(row)}
    reason = row.get("finish_reason") or row.get("stop_reason")
    return None if reason is None else {"cut_off": str(reason).lower() in LIMIT_REASONS}


def _id(row: Row) -> dict[str, Any]:
    name = next((row[key] for key in ("custom_id", "key", "request_id") if row.get(key) is not None), None)
    return {} if name is None else {"id": name}


def _answer(body: Row) -> tuple[Any, Any] | None:
    """Return the text of an answer and why it ended; None if `body` is no answer."""
    for key in ("choices", "candidates", "outputs"):  # OpenAI, Gemini, vLLM
        options = body.get(key)
        if isinstance(options, list) and options and isinstance(options[0], Mapping):
            option = options[0]
            text = _text(option.get("message", option.get("content", option.get("text"))))
            return text, option.get("finish_reason") or option.get("finishReason")
    for key in ("content", "output"):  # Anthropic's messages, OpenAI's responses
        parts = body.get(key)
        if isinstance(parts, list) and parts and isinstance(parts[0], Mapping) and "type" in parts[0]:
            return _text(parts), body.get("stop_reason") or body.get("status")
    return None


def _text(value: Any) -> Any:
    """Return the text of a message or of its parts."""
    if isinstance(value, list):
        return "".join(str(_text(part) or "") for part in value)
    if not isinstance(value, Mapping):
        return value or ""
    if value.get("type") in ("reasoning", "thinking", "tool_use"):
        return ""
    return _text(next((value[key] for key in ("content", "parts", "text") if value.get(key)), ""))


def _first(value: Any) -> Any:
    while isinstance(value, list) and value:
        if isinstance(value[0], Mapping):  # the messages of a chat
            return value
        value = value[0]
    return value
