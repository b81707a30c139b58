"""Discord: a channel as DiscordChatExporter writes it in JSON."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of, split_at_pauses
from sumtune.data.formats.times import parse_time

__all__ = ["DISCORD"]

SPOKEN = ("Default", "Reply", "ThreadStarterMessage", None)


def _matches(row: Row) -> bool:
    is_export = isinstance(row.get("channel"), Mapping) or isinstance(row.get("guild"), Mapping)
    return is_export and is_list_of(row.get("messages"), "author") and is_list_of(row.get("messages"), "content")


def _name(author: Any) -> str:
    if not isinstance(author, Mapping):
        return str(author or "")
    return str(author.get("nickname") or author.get("name") or author.get("id") or "")


def _read(row: Row) -> list[Reading]:
    messages = row["messages"]
    turns = [
        Turn(_name(message.get("author")), message["content"], parse_time(message.get("timestamp")))
        for message in messages
        if message.get("type") in SPOKEN and str(message.get("content") or "").strip()
    ]
    left_out = {"notices and messages without text": len(messages) - len(turns)} if len(turns) < len(messages) else {}
    parts = split_at_pauses(turns)
    return [Reading(part, left_out=left_out if number == 0 else {}) for number, part in enumerate(parts)]


DISCORD = Format(
    "Discord", ("guild", "channel", "messages", "dateRange", "exportedAt", "messageCount"), _matches, _read
)
