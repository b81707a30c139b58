"""Turn the rows of a table into examples, and find what is wrong with each row."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from sumtune.data.columns import Columns, show_names
from sumtune.data.dialogue import DialogueText, as_text, is_unicode, read_dialogue
from sumtune.data.example import Example
from sumtune.data.issues import Issue, undecodable
from sumtune.data.placeholders import is_placeholder
from sumtune.data.row_styles import check_style_value, read_style
from sumtune.data.table import Table
from sumtune.data.turn_marks import has_labels
from sumtune.plurals import counted

__all__ = ["UniqueIds", "check_rows", "check_text", "row_id"]

EXCEL_CELL = 32_767
"""Maximum number of characters in a cell; Excel drops the rest."""


def check_rows(table: Table, columns: Columns) -> Iterator[Example | Issue]:
    """Yield the examples of a table, and an issue for every dialogue or summary that is missing or is not text."""
    yield from table.issues
    forms = _Forms(table.file)
    for row, values in table.rows:
        dialogue = read_dialogue(values.get(columns.dialogue))
        summaries = _summaries(values, columns)
        wrong = [
            *check_text("dialogue", dialogue.text, table.file, row),
            *(issue for text in summaries for issue in check_text("summary", text, table.file, row)),
            *check_style_value(_style(values, columns), table.file, row),
        ]
        yield from wrong
        if wrong or dialogue.text is None:
            continue
        yield from _doubts(values.get(columns.dialogue), dialogue.text, summaries, table.file, row)
        forms.add(row, dialogue)
        name, style = _example_id(table, columns, row, values), read_style(_style(values, columns)) or ""
        for number, summary in enumerate(summaries, 1):
            if summary is not None:
                id_ = name if number == 1 else f"{name}#{number}"
                yield Example(id_, dialogue.text, summary, table.file, row, style)
    yield from forms.issues()


def check_text(part: str, text: str | None, file: str, row: int) -> Iterator[Issue]:
    """Yield an issue if `text`, the dialogue or summary of a row as returned by `as_text`, cannot be used."""
    if text is None:
        expected = "a text or a list of turns" if part == "dialogue" else "a text"
        yield Issue(f"{part}_not_text", "error", f"the {part} is not text; expected {expected}", file, row)
    elif not text:
        yield Issue(f"empty_{part}", "error", f"the {part} is missing or empty", file, row)
    elif not is_unicode(text):
        yield undecodable(file, row, f"the {part}")


class UniqueIds:
    """The ids of the examples so far, as hashes of 16 bytes, and how many of them were changed."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._changed = 0

    def add(self, example: Example) -> Example:
        """Return `example`, with file and row added to its id if an earlier example has the same id."""
        if (key := _short_hash(example.id)) in self._seen:
            self._changed += 1
            example = replace(example, id=f"{example.id}@{example.file}:{example.row}")
            key = _short_hash(example.id)
        self._seen.add(key)
        return example

    def issues(self) -> Iterator[Issue]:
        """Yield one issue if any id was repeated."""
        if self._changed:
            message = f"{self._changed} ids repeat an earlier id; file and row were added to make them unique"
            yield Issue("repeated_id", "info", message)


def _short_hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def row_id(file: str, row: int) -> str:
    """Return an id from file and row.

    >>> row_id("train.csv", 3), row_id("all.json#test", 1)
    ('train-3', 'all-test-1')
    """
    name, _, split = file.partition("#")
    base = name.rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    return "-".join(part for part in (stem, split, str(row)) if part)


@dataclass
class _Forms:
    """Counts of the forms in which the dialogues of a file were given."""

    file: str
    seen: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    one_line: int = 0
    first_one_line: int = 0
    """Row of the first dialogue on a single line."""
    crowded: int = 0
    """Number of dialogues that have several speakers on a single line."""
    without_speaker: int = 0
    first_without_speaker: int = 0
    unread_keys: dict[str, None] = field(default_factory=dict)

    def add(self, row: int, dialogue: DialogueText) -> None:
        """Count the dialogue of a row."""
        self.seen += 1
        if dialogue.form is not None:
            self.forms[dialogue.form] += 1
        if dialogue.unread_keys:
            self.first_without_speaker = self.first_without_speaker or row
            self.without_speaker += 1
            self.unread_keys |= dict.fromkeys(dialogue.unread_keys)
        if "\n" not in (dialogue.text or ""):
            self.first_one_line = self.first_one_line or row
            self.one_line += 1
            self.crowded += has_labels(dialogue.text or "")

    def issues(self) -> Iterator[Issue]:
        """Yield warnings and notes about the counted dialogues."""
        for form, count in self.forms.items():
            message = f"split into turns: {count} of {counted(self.seen, 'dialogue')}, given as {form}"
            yield Issue("split_into_turns", "info", message, self.file)
        if self.without_speaker:
            yield self._without_speaker()
        if self.one_line:
            yield self._one_line()

    def _without_speaker(self) -> Issue:
        places = (
            f"{self.without_speaker} of {counted(self.seen, 'dialogue')}, first in row {self.first_without_speaker},"
        )
        keys = show_names(list(self.unread_keys))
        message = (
            f"the turns of {places} have no known speaker, and their keys {keys} are not read; "
            "call the key of the speaker's name `speaker`"
        )
        return Issue("unknown_speaker", "warning", message, self.file)

    def _one_line(self) -> Issue:
        several = f" (with several speakers: {self.crowded})" if self.crowded else ""
        message = (
            f"dialogues of one line: {self.one_line} of {self.seen}{several}, first in row {self.first_one_line}; put "
            "each turn on its own line, as `Name: text`"
        )
        return Issue("one_line_dialogue", "warning", message, self.file)


def _summaries(values: Mapping[str, Any], columns: Columns) -> list[str | None]:
    """Return the texts of the summaries. Missing ones are left out, except the first."""
    first, *more = (as_text(values.get(column)) for column in columns.summaries)
    return [first, *(text for text in more if text != "")]


def _style(values: Mapping[str, Any], columns: Columns) -> Any:
    return None if columns.style is None else values.get(columns.style)


def _doubts(given: Any, dialogue: str, summaries: Sequence[str | None], file: str, row: int) -> Iterator[Issue]:
    """Yield warnings about texts that are probably not what they should be, such as placeholders."""
    for part, text in (("dialogue", dialogue), *(("summary", summary) for summary in summaries)):
        if text is not None and is_placeholder(text):
            yield Issue("placeholder", "warning", f"the {part} is {text!r}, a placeholder for a text", file, row)
    if isinstance(given, str) and len(given) == EXCEL_CELL:
        message = f"the dialogue has {EXCEL_CELL:,} characters, the limit of an Excel cell: its end may be missing"
        yield Issue("cut_by_excel", "warning", message, file, row)


def _example_id(table: Table, columns: Columns, row: int, values: Mapping[str, Any]) -> str:
    """Return the row's own id if it is a text or whole number, otherwise one made from file and row."""
    given = values.get(columns.id) if columns.id is not None else None
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if isinstance(given, str) and given.strip() and is_unicode(given):
        return given.strip()
    return row_id(table.file, row)
