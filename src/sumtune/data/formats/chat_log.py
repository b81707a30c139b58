"""Chats as text with a time in each line, as WhatsApp exports them (`_chat.txt`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ChatLog", "is_chat_log", "read_chat_log"]

DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[APap]\.?\s?[Mm]\.?)?"
STAMP = re.compile(rf"\u200e?(?:\[{DATE},?\s{{1,2}}{CLOCK}\]|{DATE},?\s{{1,2}}{CLOCK}\s-)\s")
SPEAKER = re.compile(r"([^:\n]{1,80}): ?")
GENERATED = "\u200e"
"""The mark that WhatsApp puts before texts of its own: "image omitted", "This message was deleted"."""
MEDIA = re.compile(r"<[^<>\n]+>")
"""`<Media omitted>`, in the language of the telephone."""


@dataclass(frozen=True)
class ChatLog:
    """The turns of a chat, and how many lines were left out: notes of the program, and media."""

    turns: list[dict[str, str]]
    left_out: int


def is_chat_log(text: str) -> bool:
    r"""Return whether `text` begins with a line that has a date and time, as chat programs write it.

    >>> is_chat_log("[25.12.23, 10:15:22] Ann: Hi"), is_chat_log("12/25/23, 10:15 PM - Ann: Hi"), is_chat_log("Ann: Hi")
    (True, True, False)
    """
    return STAMP.match(text.lstrip("\ufeff \t\r\n")) is not None


def read_chat_log(text: str) -> ChatLog:
    r"""Return the turns of a chat, without their times; lines without a time belong to the turn before them.

    >>> read_chat_log("1/2/24, 10:15 - Ann: Hi\nall\n1/2/24, 10:16 - Bob: <Media omitted>")
    ChatLog(turns=[{'speaker': 'Ann', 'text': 'Hi\nall', 'time': '1/2/24, 10:15'}], left_out=1)
    """
    turns: list[dict[str, str]] = []
    left_out = 0
    for time, content in _entries(text):
        speaker = SPEAKER.match(content)
        said = content[speaker.end() :].strip() if speaker is not None else ""
        said = said.partition(GENERATED)[0].strip()
        if speaker is None or not said or MEDIA.fullmatch(said):
            left_out += 1
        else:
            turns.append({"speaker": speaker[1].strip("\u200e\u202a\u202c~ \u202f\xa0"), "text": said, "time": time})
    return ChatLog(turns, left_out)


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Time and content of each entry."""
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
