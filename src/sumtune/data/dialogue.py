"""A dialogue or summary as text, whatever form a file or a request gives it: the same in training and in use."""

from collections.abc import Mapping
from typing import Any

__all__ = ["as_text", "is_unicode"]

SPEAKER_KEYS = ("speaker", "role", "from")
TEXT_KEYS = ("text", "content", "value", "message")
DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Invisible characters that say where text runs from right to left; exports of messengers put them before names."""
DROPPED = dict.fromkeys(map(ord, "\0\ufeff" + DIRECTION_MARKS))


def as_text(value: Any) -> str | None:
    r"""The text of `value`, one turn a line; "" where there is none, None where it is not text.

    A list is read as turns: texts, or objects with a text (`text`, `content`, `value` or `message`) and
    perhaps a speaker (`speaker`, `role` or `from`). Turns without text are left out. Line ends become `\n`; blanks at
    the ends of lines, empty lines at both ends, NUL characters, byte order and direction marks are dropped.

    >>> as_text([{"role": "Ann", "content": "Hi"}, {"role": "Bob", "content": "Hello\r\nAnn"}, "Bye"])
    'Ann: Hi\nBob: Hello Ann\nBye'
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value)
    if not isinstance(value, list):
        return None
    turns = [_turn(turn) for turn in value]
    if any(turn is None for turn in turns):
        return None
    return "\n".join(turn for turn in turns if turn)


def is_unicode(text: str) -> bool:
    """Whether `text` can be written as UTF-8: it came from no undecodable byte and no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _clean(text: str) -> str:
    text = text.translate(DROPPED).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def _turn(turn: Any) -> str | None:
    """One line `Name: text`; "" for a turn without text, None for one that is not text."""
    speaker, text = _speaker_and_text(turn) if isinstance(turn, Mapping) else (None, turn)
    if text is None:
        return ""
    if not isinstance(text, str):
        return None
    line = _one_line(text)
    return f"{_one_line(str(speaker))}: {line}" if line and isinstance(speaker, str | int) and speaker != "" else line


def _speaker_and_text(turn: Mapping[Any, Any]) -> tuple[Any, Any]:
    """The first value that is not None of either; the text of an object without such a key is the object itself."""
    fields = {str(key).lower(): value for key, value in turn.items()}
    if not any(key in fields for key in TEXT_KEYS):
        return None, turn
    speaker, text = (
        next((fields[key] for key in keys if fields.get(key) is not None), None) for keys in (SPEAKER_KEYS, TEXT_KEYS)
    )
    return speaker, text


def _one_line(text: str) -> str:
    return " ".join(line for part in _clean(text).split("\n") if (line := part.strip()))
