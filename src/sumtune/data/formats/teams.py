"""Microsoft Teams: chat messages from Microsoft Graph or an export, newest first and in HTML."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of, split_at_pauses
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


def _read(row: Row) -> list[Reading]:
    messages = row[_key(row) or ""]
    turns = [turn for message in messages if (turn := _turn(message)) is not None]
    turns.sort(key=lambda turn: turn.at or datetime.min.replace(tzinfo=UTC))
    left_out = {"events and messages without text": len(messages) - len(turns)} if len(turns) < len(messages) else {}
    parts = [turns] if "summary" in row else split_at_pauses(turns)
    return [Reading(part, left_out=left_out if number == 0 else {}) for number, part in enumerate(parts)]


TEAMS = Format("Microsoft Teams", (*KEYS, "@odata.context", "@odata.count"), lambda row: _key(row) is not None, _read)
