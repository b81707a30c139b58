"""Read a list of Slack messages, as a file of an export or the API holds them. Each thread is a conversation.

`slack_export_folder.py` reads the folders and files of a whole export.
"""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, as_id, is_list_of, readings, threads

__all__ = ["SLACK", "is_slack", "read_slack", "user_names"]

KEYS = ("messages", "conversation", "dialogue", "thread", "turns")
REFERENCE = re.compile(r"<([@#!]?)([^<>|\n]{1,2000})(?:\|([^<>\n]{1,2000}))?>")
STAMP = re.compile(r"\d+\.\d+")
USER_ID = re.compile(r"[UW][A-Z0-9]*\d[A-Z0-9]*")
SENDER_KEYS = ("user", "username", "bot_id", "user_profile", "subtype")
SPOKEN = (None, "", "thread_broadcast", "bot_message", "me_message", "file_share", "file_comment")
"""Subtypes of messages that a person wrote; others report, for example, who joined."""
Names = Mapping[str, str]


def is_slack(value: Any) -> bool:
    """Return whether `value` is a list of Slack messages."""
    return is_list_of(value, "ts") and all(
        STAMP.fullmatch(str(message["ts"]))
        and message.get("type", "message") == "message"
        and isinstance(message.get("text") or "", str)
        and any(key in message for key in SENDER_KEYS)
        for message in value
    )


def user_names(users: Any) -> dict[str, str]:
    """Return the names in an export's `users.json`, by user id."""
    found = {}
    for user in users if is_list_of(users, "id") else ():
        profile = user.get("profile") if isinstance(user.get("profile"), Mapping) else {}
        names = (profile.get("real_name"), user.get("real_name"), profile.get("display_name"), user.get("name"))
        found[str(user["id"])] = next((str(name) for name in names if name), str(user["id"]))
    return found


def read_slack(messages: Iterable[Mapping[str, Any]], names: Names, *, split: bool) -> list[Reading]:
    """Return the conversations of a channel: each thread with replies, and the other messages, split at pauses.

    If `split` is False, everything is one conversation.
    """
    listed = sorted(messages, key=lambda message: _order(message.get("ts")))
    names = {**_names_in(listed), **names}
    spoken = [message for message in listed if message.get("subtype") in SPOKEN and (message.get("text") or "").strip()]
    roots = {root for message in spoken if (root := as_id(message.get("thread_ts"))) not in (None, str(message["ts"]))}
    turns = [(root if (root := as_id(message.get("thread_ts"))) in roots else None, _turn(message, names))
             for message in spoken]  # fmt: skip
    parts = threads(turns) if split else [[turn for _, turn in turns]] if turns else []
    nameless = {turn.speaker for _, turn in turns if USER_ID.fullmatch(turn.speaker)}
    return readings(parts, {
        "notices and messages without text": len(listed) - len(spoken),
        "names of people, found only in users.json of the whole export": len(nameless),
    })  # fmt: skip


def _turn(message: Mapping[str, Any], names: Names) -> Turn:
    user = str(message.get("user") or message.get("bot_id") or "")
    own = _name_of(message)
    text = html.unescape(REFERENCE.sub(lambda found: _shown(found, names), message["text"]))
    return Turn(own or names.get(user) or user, text, datetime.fromtimestamp(_seconds(message.get("ts")), UTC))


def _shown(found: re.Match[str], names: Names) -> str:
    kind, target, label = found.groups()
    if kind == "@":
        return f"@{label or names.get(target, target)}"
    return label or (f"{kind}{target}" if kind == "#" else f"@{target}" if kind == "!" else target)


def _names_in(messages: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(message["user"]): name for message in messages if message.get("user") and (name := _name_of(message))}


def _name_of(message: Mapping[str, Any]) -> str:
    profile = message.get("user_profile")
    named = profile if isinstance(profile, Mapping) else {}
    names = (named.get("real_name"), named.get("display_name"), named.get("name"), message.get("username"))
    return next((str(name) for name in names if name), "")


def _order(stamp: Any) -> tuple[int, int]:
    """Return both numbers of a time stamp: the seconds, and after the point a counter (not a fraction)."""
    seconds, _, counter = str(stamp).partition(".")
    return (int(seconds), int(counter)) if seconds.isdecimal() and counter.isdecimal() else (0, 0)


def _seconds(stamp: Any) -> float:
    try:
        return min(max(float(stamp), 0.0), 1e10)
    except (TypeError, ValueError):
        return 0.0


def _key(row: Row) -> str | None:
    return next((key for key in KEYS if is_slack(row.get(key))), None)


def _read(row: Row) -> list[Reading]:
    return read_slack(row[_key(row) or ""], user_names(row.get("users")), split="summary" not in row)


SLACK = Format("Slack", (*KEYS, "users"), lambda row: _key(row) is not None, _read)
