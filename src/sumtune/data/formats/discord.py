"""Discord: a channel as DiscordChatExporter writes it in JSON."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of, readings, split_at_pauses
from sumtune.data.formats.times import parse_time

__all__ = ["DISCORD"]

SPOKEN = ("Default", "Reply", "ThreadStarterMessage", "20", "21", "23", None)
"""Types of messages that somebody wrote; the numbers mean answers of bots and starts of threads."""
REFERENCE = re.compile(r"<(?:@!?(\d+)|a?(:\w+:)\d+)>")
"""A person or an emoji, if the export does not format messages."""


def _matches(row: Row) -> bool:
    is_export = isinstance(row.get("channel"), Mapping) and isinstance(row.get("guild"), Mapping)
    messages = row.get("messages")
    return is_export and (messages == [] or (is_list_of(messages, "author") and is_list_of(messages, "content")))


def _name(author: Any) -> str:
    if not isinstance(author, Mapping):
        return str(author or "")
    return str(author.get("nickname") or author.get("name") or author.get("id") or "")


def _people(messages: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of those who wrote or are mentioned, by id."""
    lists = (message.get("mentions") for message in messages)
    mentioned = (person for listed in lists if isinstance(listed, list) for person in listed)
    people = [*(message.get("author") for message in messages), *mentioned]
    return {str(person["id"]): _name(person) for person in people if isinstance(person, Mapping) and "id" in person}


def _text(message: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """Return the text of a message, or of the message that it forwards."""
    forwarded = message.get("forwardedMessage")
    text = str(message.get("content") or (forwarded.get("content") if isinstance(forwarded, Mapping) else None) or "")
    return REFERENCE.sub(lambda found: found[2] or f"@{people.get(found[1], found[1])}", text)


def _read(row: Row) -> list[Reading]:
    messages = row["messages"]
    people = _people(messages)
    turns = [
        Turn(_name(message.get("author")), text, parse_time(message.get("timestamp")))
        for message in messages
        if message.get("type") in SPOKEN and (text := _text(message, people)).strip()
    ]
    return readings(split_at_pauses(turns), {"notices and messages without text": len(messages) - len(turns)})


DISCORD = Format(
    "Discord", ("guild", "channel", "messages", "dateRange", "exportedAt", "messageCount"), _matches, _read
)
