"""Data for chat models: OpenAI `messages` and ShareGPT `conversations`.

One question with its answer is a dialogue with its summary. More messages are a conversation without a summary.
"""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of
from sumtune.data.turns import speaker_and_text

__all__ = ["OPENAI", "SHAREGPT"]

ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant", "tool": "tool",
    "function": "tool", "function_call": "tool", "observation": "tool",
}  # fmt: skip
Messages = list[tuple[str, str]]


def _messages(value: Any) -> Messages | None:
    """Return role and text of each message; None if one has another role or no text."""
    if not is_list_of(value, "role", "from"):
        return None
    found: Messages = []
    for message in value:
        role = ROLES.get(str(message.get("role", message.get("from"))).lower())
        text = "" if _calls_a_tool(message) else speaker_and_text(message)[1]
        if role is None or not isinstance(text, str) or message.get("name"):
            return None
        found.append((role, text))
    return found


def _calls_a_tool(message: Mapping[str, Any]) -> bool:
    return message.get("content", message.get("value")) is None and message.get("tool_calls") is not None


def _read(messages: Messages) -> list[Reading]:
    """Read one question and its answer as dialogue and summary, one question as a dialogue, anything else as turns."""
    instructions = sum(role == "system" for role, _ in messages)
    spoken = [(role, text) for role, text in messages if role != "system" and text.strip()]
    counts = {"system messages": instructions, "messages without text": len(messages) - instructions - len(spoken)}
    left_out = {what: count for what, count in counts.items() if count}
    match spoken:
        case [("user", question), ("assistant", answer)]:
            return [Reading(question, answer, left_out)]
        case [("user", question)]:
            return [Reading(question, None, left_out)]
    return [Reading([Turn(role, text) for role, text in spoken], None, left_out)]


def _openai(row: Row) -> Messages | None:
    if is_list_of(row.get("prompt"), "role") and is_list_of(row.get("completion"), "role"):
        return _messages([*row["prompt"], *row["completion"]])
    return _messages(row.get("messages"))


def _sharegpt(row: Row) -> Messages | None:
    return _messages(row.get("conversations"))


OPENAI = Format(
    "OpenAI messages",
    ("messages", "prompt", "completion"),
    lambda row: _openai(row) is not None,
    lambda row: _read(_openai(row) or []),
    is_prompt=True,
)
SHAREGPT = Format(
    "ShareGPT conversations",
    ("conversations",),
    lambda row: _sharegpt(row) is not None,
    lambda row: _read(_sharegpt(row) or []),
    is_prompt=True,
)
