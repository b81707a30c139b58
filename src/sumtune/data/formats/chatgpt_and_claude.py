"""Conversations with assistants as their programs export them: ChatGPT's and Claude's `conversations.json`."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, as_id, is_list_of, readings
from sumtune.data.turns import speaker_and_text

__all__ = ["CHATGPT", "CLAUDE"]

SHOWN = ("user", "assistant")
SPEAKERS = {"human": "user"}


def _branch(row: Row) -> list[Mapping[str, Any]]:
    """Return the messages that the user sees: from the current message back to the first."""
    nodes, at = row["mapping"], as_id(row.get("current_node"))
    found: list[Mapping[str, Any]] = []
    for _ in range(len(nodes)):
        node = nodes.get(at)
        if not isinstance(node, Mapping):
            break
        if isinstance(node.get("message"), Mapping):
            found.append(node["message"])
        at = as_id(node.get("parent"))
    return found[::-1]


def _turn(message: Mapping[str, Any]) -> Turn | None:
    """Return None for instructions, for calls of tools, and for messages that have only an image."""
    author, content = message.get("author"), message.get("content")
    role = author.get("role") if isinstance(author, Mapping) else None
    parts = content.get("parts") if isinstance(content, Mapping) else None
    text = "\n".join(part for part in parts if isinstance(part, str)) if isinstance(parts, list) else ""
    return Turn(str(role), text) if role in SHOWN and text.strip() else None


def _read_chatgpt(row: Row) -> list[Reading]:
    messages = _branch(row)
    turns = [turn for message in messages if (turn := _turn(message)) is not None]
    return readings([turns], {"hidden messages and messages without text": len(messages) - len(turns)})


def _read_claude(row: Row) -> list[Reading]:
    messages = row["chat_messages"]
    said = [(str(message["sender"]), speaker_and_text(message)[1]) for message in messages]
    turns = [Turn(SPEAKERS.get(who, who), text) for who, text in said if isinstance(text, str) and text.strip()]
    return readings([turns], {"messages without text": len(messages) - len(turns)})


def _is_chatgpt(row: Row) -> bool:
    nodes = row.get("mapping")
    return isinstance(nodes, Mapping) and bool(nodes) and all(
        isinstance(node, Mapping) and {"message", "parent"} <= node.keys() for node in nodes.values()
    )  # fmt: skip


def _is_claude(row: Row) -> bool:
    return row.get("chat_messages") == [] or is_list_of(row.get("chat_messages"), "sender")


CHATGPT = Format("ChatGPT", ("mapping", "current_node"), _is_chatgpt, _read_chatgpt)
CLAUDE = Format("Claude", ("chat_messages",), _is_claude, _read_claude)
