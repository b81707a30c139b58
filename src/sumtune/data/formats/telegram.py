"""Telegram: `result.json` of one chat, or of all chats of an account."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, readings, split_at_pauses
from sumtune.data.formats.times import parse_time
from sumtune.data.turns import speaker_and_text

__all__ = ["TELEGRAM"]

TYPES = ("message", "service", "unsupported")
LISTS = ("chats", "left_chats")
ACCOUNT = (
    "about", "personal_information", "profile_pictures", "stories", "contacts", "frequent_contacts", "sessions",
    "web_sessions", "other_data",
)  # fmt: skip
DELETED = "Deleted Account"
"""What Telegram calls somebody who has left."""


def _messages(chat: Any) -> list[Mapping[str, Any]] | None:
    """Return the messages of a chat; None if it is not a chat of Telegram."""
    listed = chat.get("messages") if isinstance(chat, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) and one.get("type") in TYPES for one in listed):
        return None
    is_chat = any("from_id" in one or "actor_id" in one for one in listed) or (not listed and "type" in chat)
    return listed if is_chat else None


def _chats(row: Row) -> list[list[Mapping[str, Any]]]:
    lists = [row[key].get("list") for key in LISTS if isinstance(row.get(key), Mapping)]
    chats = [row, *(chat for listed in lists if isinstance(listed, list) for chat in listed)]
    return [messages for chat in chats if (messages := _messages(chat)) is not None]


def _turn(message: Mapping[str, Any]) -> Turn | None:
    text = speaker_and_text({"text": message.get("text")})[1]
    if message["type"] != "message" or not isinstance(text, str) or not text.strip():
        return None
    seconds = str(message.get("date_unixtime", ""))
    return Turn(
        str(message.get("from") or DELETED), text, parse_time(int(seconds) if seconds.isdecimal() else message["date"])
    )


def _read(row: Row) -> list[Reading]:
    chats = _chats(row)
    spoken = [[turn for message in messages if (turn := _turn(message)) is not None] for messages in chats]
    left_out = sum(map(len, chats)) - sum(map(len, spoken))
    parts = [part for turns in spoken for part in ([turns] if "summary" in row and turns else split_at_pauses(turns))]
    return readings(parts, {"notices and messages without text": left_out})


TELEGRAM = Format("Telegram", ("messages", *LISTS, *ACCOUNT), lambda row: bool(_chats(row)), _read)
