"""Intercom: a conversation with its first message and its parts, in HTML. Internal notes are left out."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of
from sumtune.data.formats.html_text import html_lines

__all__ = ["INTERCOM"]

ROLES = {"admin": "Agent", "bot": "Bot", "team": "Agent"}


def _parts(row: Row) -> list[Mapping[str, Any]] | None:
    given = row.get("conversation_parts")
    listed = given.get("conversation_parts") if isinstance(given, Mapping) else given
    is_empty = listed == [] and row.get("type") == "conversation"
    return listed if is_empty or is_list_of(listed, "author") else None


def _turn(part: Mapping[str, Any]) -> Turn:
    author = part["author"] if isinstance(part.get("author"), Mapping) else {}
    name = author.get("name") or ROLES.get(str(author.get("type")), "Customer")
    return Turn(str(name), html_lines(str(part.get("body") or "")))


def _read(row: Row) -> list[Reading]:
    first = row.get("source") or row.get("conversation_message")
    entries = [*([first] if isinstance(first, Mapping) else []), *(_parts(row) or [])]
    public = [entry for entry in entries if not str(entry.get("part_type")).startswith("note")]
    turns = [turn for turn in map(_turn, public) if turn.text]
    left_out = {
        what: count
        for what, count in (("internal notes", len(entries) - len(public)), ("events", len(public) - len(turns)))
        if count
    }
    return [Reading(turns, left_out=left_out)]


INTERCOM = Format(
    "Intercom",
    ("source", "conversation_message", "conversation_parts", "contacts", "teammates", "statistics"),
    lambda row: _parts(row) is not None,
    _read,
)
