"""WhatsApp's `_chat.txt`, and other chats exported as text with a time in each line."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sumtune.data.formats.format import Turn
from sumtune.data.formats.whatsapp_notices import GENERATED, MARKS, is_name, said_by_a_person
from sumtune.data.formats.whatsapp_times import WHEN, stamp_times

__all__ = ["ChatLog", "is_chat_log", "read_chat_log"]

STAMP = re.compile(rf"(?:\[({WHEN})\]|({WHEN})\s-)\s")
LONGEST_STAMP = 80
SPEAKER = re.compile(r"([^:：\n]{1,80})(?:: ?|：)")
AROUND_NAMES = MARKS + "~ \u202f\xa0"
NO_MARKS = dict.fromkeys(map(ord, MARKS))


@dataclass(frozen=True)
class ChatLog:
    """The turns of a chat, and the number of lines left out: notices from the program, and media."""

    turns: list[Turn]
    left_out: int


@dataclass(frozen=True)
class _Entry:
    stamp: str
    content: str
    is_marked: bool
    """Whether the program marked the line, because it contains text of the program."""


def is_chat_log(text: str) -> bool:
    r"""Return whether `text` begins with a line that has a date and time, as chat programs write it.

    >>> is_chat_log("[25.12.23, 10:15:22] Ann: Hi"), is_chat_log("12/25/23, 10:15 PM - Ann: Hi"), is_chat_log("Ann: Hi")
    (True, True, False)
    """
    return _first_line(text.lstrip("\ufeff \t\r\n").partition("\n")[0]) is not None


def read_chat_log(text: str) -> ChatLog:
    r"""Return the turns of a chat; lines without a time belong to the turn before them.

    >>> read_chat_log("1/2/24, 10:15 - Ann: Hi\nall\n1/2/24, 10:16 - Bob: <Media omitted>").turns[0].text
    'Hi\nall'
    """
    entries = [(entry.stamp, *_speaker_and_text(entry)) for entry in _entries(text)]
    counts = Counter(speaker for _, speaker, _ in entries)
    spoken = [entry for entry in entries if entry[2] and (counts[entry[1]] > 1 or is_name(entry[1]))]
    times = stamp_times([stamp for stamp, _, _ in spoken])
    turns = [Turn(speaker, said, at) for (_, speaker, said), at in zip(spoken, times, strict=True)]
    return ChatLog(turns, len(entries) - len(turns))


def _speaker_and_text(entry: _Entry) -> tuple[str, str]:
    """Return the speaker and what they said; both are "" if the line is a notice."""
    speaker = SPEAKER.match(entry.content)
    if speaker is None:
        return "", ""
    return speaker[1].strip(AROUND_NAMES), said_by_a_person(entry.content[speaker.end() :], entry.is_marked)


def _entries(text: str) -> Iterator[_Entry]:
    entry, lines = None, list[str]()
    for line in text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        begun = _first_line(line)
        if begun is None:
            lines.append(line)
            continue
        if entry is not None:
            yield _Entry(entry.stamp, "\n".join([entry.content, *lines]), entry.is_marked)
        entry, lines = begun, []
    if entry is not None:
        yield _Entry(entry.stamp, "\n".join([entry.content, *lines]), entry.is_marked)


def _first_line(line: str) -> _Entry | None:
    """Return the entry that begins with `line`; None if it has no time. Direction marks in the time are ignored."""
    head = line[:LONGEST_STAMP]
    stamp = STAMP.match(head if head.isascii() else head.translate(NO_MARKS))
    if stamp is None:
        return None
    end = stamp.end()
    if not head.isascii():
        end = [at for at, character in enumerate(head) if character not in MARKS][end - 1] + 1
    return _Entry(stamp[1] or stamp[2], line[end:], line.startswith(GENERATED))
