"""Microsoft Teams: chat messages from Microsoft Graph or an export, newest first and in HTML."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, as_id, is_list_of, readings, threads
from sumtune.data.formats.html_text import html_lines
from sumtune.data.formats.times import parse_time

__all__ = ["TEAMS", "is_teams"]

KEYS = ("value", "messages", "conversation")


def is_teams(value: Any) -> bool:
    """Return whether `value` is a list of Teams messages."""
    return is_list_of(value, "body") and all(isinstance(message["body"], Mapping) for message in value)


def _key(row: Row) -> str | None:
    return next((key for key in KEYS if is_teams(row.get(key))), None)


def _turn(message: Mapping[str, Any]) -> Turn | None:
    """Return None for events and deleted messages, which nobody said."""
    body, sender = message["body"], message.get("from")
    content = body.get("content")
    if message.get("messageType", "message") != "message" or not isinstance(content, str):
        return None
    text = html_lines(content) if body.get("contentType", "html") == "html" else content
    people = [who for who in sender.values() if isinstance(who, Mapping)] if isinstance(sender, Mapping) else []
    name = next((str(who["displayName"]) for who in people if who.get("displayName")), "")
    return Turn(name, text, parse_time(message.get("createdDateTime"))) if text.strip() else None


def _with_replies(messages: Iterable[Mapping[str, Any]]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return the messages of a channel and the replies that they contain, each with the id of its thread or None."""
    listed = [(as_id(message.get("replyToId")), message) for message in messages]
    for _, root in tuple(listed):
        replies: Any = root.get("replies")
        listed += [(as_id(root.get("id")), reply) for reply in (replies if is_teams(replies) else ())]
    roots = {thread for thread, _ in listed if thread}
    return [(thread or (own if (own := as_id(message.get("id"))) in roots else None), message)
            for thread, message in listed]  # fmt: skip


def _read(row: Row) -> list[Reading]:
    messages = _with_replies(row[_key(row) or ""])
    turns = [(thread, turn) for thread, message in messages if (turn := _turn(message)) is not None]
    turns.sort(key=lambda item: item[1].at or datetime.min.replace(tzinfo=UTC))
    parts = [[turn for _, turn in turns]] if "summary" in row else threads(turns)
    return readings(parts, {"events and messages without text": len(messages) - len(turns)})


TEAMS = Format("Microsoft Teams", (*KEYS, "@odata.context", "@odata.count"), lambda row: _key(row) is not None, _read)
