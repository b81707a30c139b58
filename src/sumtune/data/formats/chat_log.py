"""Chat exports as text with a time in each line, such as WhatsApp's `_chat.txt`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sumtune.data.formats.format import Turn

__all__ = ["ChatLog", "is_chat_log", "read_chat_log"]

DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[APap]\.?\s?[Mm]\.?)?"
STAMP = re.compile(rf"\u200e?(?:\[{DATE},?\s{{1,2}}{CLOCK}\]|{DATE},?\s{{1,2}}{CLOCK}\s-)\s")
SPEAKER = re.compile(r"([^:\n]{1,80}): ?")
GENERATED = "\u200e"
"""The mark that WhatsApp puts before its own texts, such as "image omitted" or "This message was deleted"."""
AROUND_NAMES = "\u200e\u202a\u202c~ \u202f\xa0"
MEDIA = re.compile(r"<[^<>\n]+>")
"""`<Media omitted>`, in the language of the phone."""


@dataclass(frozen=True)
class ChatLog:
    """The turns of a chat, and the number of lines left out: notices from the program, and media."""

    turns: list[Turn]
    left_out: int


def is_chat_log(text: str) -> bool:
    r"""Return whether `text` begins with a line that has a date and time, as chat programs write it.

    >>> is_chat_log("[25.12.23, 10:15:22] Ann: Hi"), is_chat_log("12/25/23, 10:15 PM - Ann: Hi"), is_chat_log("Ann: Hi")
    (True, True, False)
    """
    return STAMP.match(text.lstrip("\ufeff \t\r\n")) is not None


def read_chat_log(text: str) -> ChatLog:
    r"""Return the turns of a chat; lines without a time belong to the turn before them.

    >>> read_chat_log("1/2/24, 10:15 - Ann: Hi\nall\n1/2/24, 10:16 - Bob: <Media omitted>").turns[0].text
    'Hi\nall'
    """
    spoken: list[tuple[str, str, str]] = []
    left_out = 0
    for stamp, content in _entries(text):
        speaker = SPEAKER.match(content)
        said = content[speaker.end() :].strip() if speaker is not None else ""
        said = said.partition(GENERATED)[0].strip()
        if speaker is None or not said or MEDIA.fullmatch(said):
            left_out += 1
        else:
            spoken.append((speaker[1].strip(AROUND_NAMES), said, stamp))
    times = _times([stamp for _, _, stamp in spoken])
    return ChatLog([Turn(name, said, at) for (name, said, _), at in zip(spoken, times, strict=True)], left_out)


def _times(stamps: Sequence[str]) -> Sequence[datetime | None]:
    """Return the time of each stamp, or None. Day and month are taken in the order in which times never decrease."""
    for day_first in (True, False):
        try:
            times = [_time(stamp, day_first) for stamp in stamps]
        except (ValueError, IndexError):
            continue
        if times == sorted(times):
            return times
    return [None] * len(stamps)


def _time(stamp: str, day_first: bool) -> datetime:
    first, second, third, hour, minute = map(int, re.findall(r"\d+", stamp)[:5])
    if re.match(r"\d{4}", stamp):
        year, month, day = first, second, third
    else:
        day, month, year = (first, second, third) if day_first else (second, first, third)
    half = re.search(r"([ap])\.?\s?m", stamp, re.IGNORECASE)
    if half is not None:
        hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
    return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, tzinfo=UTC)


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Return the time and the content of each entry."""
    time, lines = "", list[str]()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        stamp = STAMP.match(line.lstrip("\ufeff"))
        if stamp is None:
            lines.append(line)
            continue
        if time:
            yield time, "\n".join(lines)
        time = stamp[0].strip("\u200e[]- \u202f")
        lines = [line.lstrip("\ufeff")[stamp.end() :]]
    if time:
        yield time, "\n".join(lines)
