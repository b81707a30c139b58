"""Turn the rows of a table into examples, and find what is wrong with each row."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sumtune.data.columns import Columns, show_names
from sumtune.data.dialogue import DialogueText, as_text, is_unicode, read_dialogue
from sumtune.data.example import Example
from sumtune.data.issues import Issue, undecodable
from sumtune.data.placeholders import is_placeholder
from sumtune.data.row_styles import check_style_value, read_style
from sumtune.data.table import Table
from sumtune.data.turn_marks import has_labels

__all__ = ["check_rows", "check_text", "make_ids_unique", "row_id"]

EXCEL_CELL = 32_767
"""Maximum number of characters in a cell; Excel drops the rest."""


def check_rows(table: Table, columns: Columns) -> tuple[list[Example], list[Issue]]:
    """Return the examples of a table, and an issue for every dialogue or summary that is missing or is not text."""
    examples: list[Example] = []
    issues: list[Issue] = list(table.issues)
    forms = _Forms(table.file)
    for row, values in table.rows:
        dialogue = read_dialogue(values.get(columns.dialogue))
        summaries = _summaries(values, columns)
        wrong = [
            *check_text("dialogue", dialogue.text, table.file, row),
            *(issue for text in summaries for issue in check_text("summary", text, table.file, row)),
            *check_style_value(_style(values, columns), table.file, row),
        ]
        issues += wrong
        if wrong or dialogue.text is None:
            continue
        issues += _doubts(values.get(columns.dialogue), dialogue.text, summaries, table.file, row)
        forms.add(row, dialogue)
        name, style = _example_id(table, columns, row, values), read_style(_style(values, columns)) or ""
        for number, summary in enumerate(summaries, 1):
            if summary is not None:
                id_ = name if number == 1 else f"{name}#{number}"
                examples.append(Example(id_, dialogue.text, summary, table.file, row, style))
    return examples, [*issues, *forms.issues()]


def check_text(part: str, text: str | None, file: str, row: int) -> Iterator[Issue]:
    """Yield an issue if `text`, the dialogue or summary of a row as returned by `as_text`, cannot be used."""
    if text is None:
        expected = "a text or a list of turns" if part == "dialogue" else "a text"
        yield Issue(f"{part}_not_text", "error", f"the {part} is not text; expected {expected}", file, row)
    elif not text:
        yield Issue(f"empty_{part}", "error", f"the {part} is missing or empty", file, row)
    elif not is_unicode(text):
        yield undecodable(file, row, f"the {part}")


def make_ids_unique(examples: Sequence[Example]) -> tuple[list[Example], list[Issue]]:
    """Return the examples, with file and row added to each repeated id, and one issue if any id was repeated."""
    seen: set[str] = set()
    unique = []
    for example in examples:
        if example.id in seen:
            example = replace(example, id=f"{example.id}@{example.file}:{example.row}")
        seen.add(example.id)
        unique.append(example)
    changed = sum(new is not old for new, old in zip(unique, examples, strict=True))
    message = f"{changed} ids repeat an earlier id; file and row were added to make them unique"
    return unique, [Issue("repeated_id", "info", message)] if changed else []


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
    one_line: list[int] = field(default_factory=list)
    crowded: int = 0
    """Number of dialogues that have several speakers on a single line."""
    without_speaker: list[int] = field(default_factory=list)
    unread_keys: dict[str, None] = field(default_factory=dict)

    def add(self, row: int, dialogue: DialogueText) -> None:
        """Count the dialogue of a row."""
        self.seen += 1
        if dialogue.form is not None:
            self.forms[dialogue.form] += 1
        if dialogue.unread_keys:
            self.without_speaker.append(row)
            self.unread_keys |= dict.fromkeys(dialogue.unread_keys)
        if "\n" not in (dialogue.text or ""):
            self.one_line.append(row)
            self.crowded += has_labels(dialogue.text or "")

    def issues(self) -> Iterator[Issue]:
        """Yield warnings and notes about the counted dialogues."""
        for form, count in self.forms.items():
            message = f"{count} of {self.seen} dialogues were split into turns: they are given as {form}"
            yield Issue("split_into_turns", "info", message, self.file)
        if self.without_speaker:
            yield self._without_speaker()
        if self.one_line:
            yield self._one_line()

    def _without_speaker(self) -> Issue:
        places = f"{len(self.without_speaker)} of {self.seen} dialogues, first in row {self.without_speaker[0]},"
        keys = show_names(list(self.unread_keys))
        message = (
            f"the turns of {places} have no known speaker, and their keys {keys} are not read; "
            "call the key of the speaker's name `speaker`"
        )
        return Issue("unknown_speaker", "warning", message, self.file)

    def _one_line(self) -> Issue:
        several = f" ({self.crowded} of them with several speakers)" if self.crowded else ""
        message = (
            f"{len(self.one_line)} of {self.seen} dialogues{several}, first in row {self.one_line[0]}, are one line; "
            "put each turn on its own line, as `Name: text`"
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
