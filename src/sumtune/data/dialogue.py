"""Convert a dialogue or summary from any accepted form to text, in the same way for training and inference."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sumtune.data.formats.format import Reading
from sumtune.data.formats.subtitles import is_subtitles, read_subtitles
from sumtune.data.formats.whatsapp import is_chat_log, read_chat_log
from sumtune.data.turn_marks import list_in_text, split_marks
from sumtune.data.turns import speaker_and_text, unread_keys

__all__ = ["DialogueText", "as_text", "is_unicode", "read_dialogue", "text_columns"]

DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Invisible characters that mark the direction of text; messengers put them before names in their exports."""
LINE_BREAKS = "\v\f\x85\u2028\u2029"
"""Characters that end a line besides `\\n` and `\\r`; word processors write them within a paragraph."""
CLEANED = dict.fromkeys(map(ord, "\0\x1a\ufeff" + DIRECTION_MARKS)) | dict.fromkeys(map(ord, LINE_BREAKS), "\n")
LINE_END = re.compile(r"\r*\n|\r")
"""A line end; `\\r\\r\\n` is one that was converted twice."""
SAMPLED_ROWS = 100
LIST_IN_TEXT = "a list in a text"


@dataclass(frozen=True)
class DialogueText:
    """A dialogue as text, one turn per line, and the form in which it was given."""

    text: str | None
    """"" if there is none, None if the value is not text."""
    form: str | None = None
    """What the turns were stored in; None for plain text and lists of turns."""
    unread_keys: tuple[str, ...] = ()
    """Keys of turns without a known speaker."""


def as_text(value: Any) -> str | None:
    r"""Return the text of `value`, one turn per line; "" if there is none, None if it is not text.

    A list is read as turns: texts, or objects with a text and perhaps a speaker (`sumtune.data.turns` has the keys).
    Turns without text are left out. Line ends become `\n`, or a space inside a turn of a list. Trailing blanks, empty
    lines at the start and the end, NUL characters, byte order marks and direction marks are removed.

    >>> as_text([{"role": "Ann", "content": "Hi"}, {"role": "Bob", "content": "Hello\r\nAnn"}, "Bye"])
    'Ann: Hi\nBob: Hello Ann\nBye'
    """
    return read_dialogue(value).text


def read_dialogue(value: Any) -> DialogueText:
    r"""Return the text of `value` as `as_text` does, and the form in which it was given.

    A text is split into turns if it is a transcript (WebVTT, SRT), an exported chat or a list of turns, or if it has
    HTML or other marks between turns and it is certain what the turns are.

    >>> read_dialogue('["Ann: Hi", "Bob: Yo"]')
    DialogueText(text='Ann: Hi\nBob: Yo', form='a list in a text', unread_keys=())
    """
    if value is None:
        return DialogueText("")
    if isinstance(value, str):
        return _read_text(value)
    if not isinstance(value, list):
        return DialogueText(None)
    turns = [_turn(turn) for turn in value]
    if any(turn is None for turn in turns):
        return DialogueText(None)
    found = _split_marks("\n".join(turn for turn in turns if turn))
    return replace(found, unread_keys=unread_keys(value))


def text_columns(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that hold a text or turns in one of the first rows. Error messages suggest only these."""
    sample = list(islice(rows, SAMPLED_ROWS))
    return [column for column in columns if not sample or any(as_text(row.get(column)) for row in sample)]


def is_unicode(text: str) -> bool:
    """Return whether `text` can be written as UTF-8: it has no undecodable byte and no unpaired surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_text(text: str) -> DialogueText:
    if is_chat_log(text):
        spoken = read_chat_log(text).turns
        if spoken:
            return replace(read_dialogue(Reading(spoken).value()), form="an exported chat")
    cleaned = _clean(text)
    if is_subtitles(cleaned):
        turns = read_subtitles(cleaned) or []
        if turns:
            return replace(read_dialogue(turns), form="a transcript")
    listed = list_in_text(cleaned)
    if listed is not None:
        found = read_dialogue(listed)
        if found.text:
            return replace(found, form=LIST_IN_TEXT)
    return _split_marks(cleaned)


def _split_marks(text: str) -> DialogueText:
    marked = split_marks(text)
    return DialogueText(text) if marked is None else DialogueText(_clean(marked[0]), marked[1])


def _clean(text: str) -> str:
    text = LINE_END.sub("\n", text.translate(CLEANED))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def _turn(turn: Any) -> str | None:
    """Return one line `Name: text`; "" for a turn without text, None for one that is not text."""
    speaker, text = speaker_and_text(turn) if isinstance(turn, Mapping) else (None, turn)
    if text is None:
        return ""
    if not isinstance(text, str):
        return None
    line = _one_line(text)
    return f"{_one_line(str(speaker))}: {line}" if line and speaker not in (None, "") else line


def _one_line(text: str) -> str:
    return " ".join(line for part in _clean(text).split("\n") if (line := part.strip()))
