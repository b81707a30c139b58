"""Read a file of predictions from any tool, perhaps with references in a second file."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.data.dialogue import as_text, text_columns
from sumtune.data.issues import raise_first_error
from sumtune.data.readers import read_file
from sumtune.data.turn_marks import list_in_text
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.prediction_files.columns import find_column, missing, numbered
from sumtune.diagnose.prediction_files.layouts import flat_rows, last_message
from sumtune.diagnose.prediction_files.prompts import dialogues_of_prompts
from sumtune.diagnose.prediction_files.references import matching_rows
from sumtune.errors import DataError

__all__ = ["read_predictions"]


@dataclass(frozen=True)
class _File:
    path: Path
    numbers: tuple[int, ...]
    rows: tuple[Mapping[str, Any], ...]
    columns: tuple[str, ...]

    def find(self, role: str, given: str | None = None) -> str | None:
        return find_column(self.path, self.columns, role, given)

    def only_text(self, *used: str | None) -> str | None:
        """Return the only column with texts that has no role yet; None if there are none or several."""
        taken = {*used, *(self.find(role) for role in ("id", "dialogue", "prompt"))}
        free = [name for name in self.columns if name not in taken]
        texts = text_columns(free, self.rows)
        return texts[0] if len(texts) == 1 else None

    def place(self, row: int) -> str:
        return f"{self.path}:{self.numbers[row]}"

    @property
    def ids(self) -> list[str | None]:
        column = self.find("id")
        values = [row.get(column) if column else None for row in self.rows]
        return [None if value in (None, "") else str(value) for value in values]


_Chosen = tuple[_File, Sequence[int]]
"""A file, and the row of it for each prediction."""


def read_predictions(
    path: Path,
    prediction: str | None = None,
    reference: str | None = None,
    dialogue: str | None = None,
    references: Path | None = None,
) -> Outputs:
    """Return the outputs in the file `path`, which may be the `predictions.jsonl` of a run.

    A given column name takes precedence over the known names. References, and dialogues that `path` lacks, are read
    from the file `references` if there is one.

    Raises:
        DataError: a file cannot be read, lacks a column, or has a row without a reference.
    """
    file = _read(path)
    other = file if references is None else _read(references)
    column = _prediction_column(file, prediction, references is not None)
    wanted = _reference_columns(other, reference, used=None if references else column)
    rows: Sequence[int] = range(len(file.rows))
    if references is not None:
        rows = matching_rows(path, file.ids, references, other.ids)
        _note_order(file, other, rows)
        _note_unpredicted(other, rows)
    sources: list[_Chosen] = [(file, range(len(rows)))] + ([] if other is file else [(other, rows)])
    found = _dialogues(sources, dialogue, (column, *wanted))
    named = {"prediction": column, "reference": wanted[0]} | ({"dialogue": found[0]} if found else {})
    limits = [row.get("cut_off") for row in file.rows]
    return Outputs(
        ids=tuple(one or str(number) for one, number in zip(file.ids, file.numbers, strict=True)),
        predictions=tuple(
            _text(file.place(n), "prediction", last_message(row.get(column))) for n, row in enumerate(file.rows)
        ),
        references=tuple(_references(other.place(row), [other.rows[row].get(one) for one in wanted]) for row in rows),
        dialogues=tuple(found[1]) if found else None,
        cut_off=tuple(map(bool, limits)) if all(isinstance(limit, bool) for limit in limits) else None,
        columns=named,
    )


def _read(path: Path) -> _File:
    tables = read_file(path, guess_encoding=True, plain=True)
    issues = [issue for table in tables for issue in table.issues]
    raise_first_error(issues)
    for note in (issue for issue in issues if issue.severity == "warning"):
        print(f"Note: {note}.", file=sys.stderr)
    rows = flat_rows(row for table in tables for row in table.rows)
    if not rows:
        raise DataError(f"{path} has no rows: expected a prediction and a reference in each.")
    columns = dict.fromkeys(key for _, row in rows for key in row)
    return _File(path, tuple(number for number, _ in rows), tuple(row for _, row in rows), tuple(columns))


def _note_order(predictions: _File, references: _File, rows: Sequence[int]) -> None:
    """Say that the order of the rows decides, if some ids say otherwise."""
    shared = set(predictions.ids) & set(references.ids) - {None}
    if shared and any(one != references.ids[row] for one, row in zip(predictions.ids, rows, strict=True)):
        what = f"some ids are missing, repeated, or not those of {references.path}, so the order of the rows decides"
        print(f"Note: {predictions.path}: {what}.", file=sys.stderr)


def _note_unpredicted(references: _File, rows: Sequence[int]) -> None:
    """Say how many references belong to no prediction, because the score does not count them."""
    missing_rows = sorted(set(range(len(references.rows))) - set(rows))
    if missing_rows:
        count, total = len(missing_rows), len(references.rows)
        first = references.ids[missing_rows[0]] or references.numbers[missing_rows[0]]
        what = f"left unscored for lack of a prediction: {count} of the {total} references, such as {first!r}"
        print(f"Note: {references.path}: {what}.", file=sys.stderr)


def _prediction_column(file: _File, given: str | None, has_references: bool) -> str:
    """Return the column of predictions. Without a known name, it may be the only column of texts.

    If the references are in another file, `summary` is a prediction.
    """
    found = file.find("prediction", given)
    if found is None and has_references:
        found = file.find("reference")
    if found is None:
        found = file.only_text(*(() if has_references else _known_references(file)))
    if found is None:
        raise missing(file.path, file.columns, "prediction")
    return found


def _known_references(file: _File) -> tuple[str, ...]:
    found = file.find("reference")
    return numbered(file.columns) if found is None else (found,)


def _reference_columns(file: _File, given: str | None, used: str | None) -> tuple[str, ...]:
    """Return the columns of references. `used` is the column of predictions if it is in the same file."""
    if given is not None:
        return (file.find("reference", given) or given,)
    found = tuple(name for name in _known_references(file) if name != used)
    only = None if found else file.only_text(used)
    if not found and only is None:
        raise missing(file.path, file.columns, "reference")
    return found or (only or "",)


def _dialogues(sources: Sequence[_Chosen], given: str | None, used: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the column of the dialogues, and the dialogues, from the first file that has them; None if none has."""
    for file, rows in [source for source in sources if given in source[0].columns] or sources:
        column, prompt = file.find("dialogue", given), file.find("prompt")
        if column is not None and column not in used:
            values = [file.rows[row].get(column) for row in rows]
        elif prompt is not None and prompt not in used:
            column, values = prompt, dialogues_of_prompts([file.rows[row].get(prompt) for row in rows])
        else:
            continue
        return column, [_dialogue(file.place(row), value) for row, value in zip(rows, values, strict=True)]
    return None


def _text(place: str, role: str, value: Any) -> str:
    """Return the text with its white space, because that may be the fault."""
    if isinstance(value, str):
        return value
    text = as_text(value)
    if text is None:
        raise DataError(f"{place}: the {role} is not text.")
    return text


def _dialogue(place: str, value: Any) -> str:
    """Return the dialogue as sumtune's models read it."""
    return _text(place, "dialogue", as_text(value) if isinstance(value, str) else value)


def _references(place: str, values: Sequence[Any]) -> tuple[str, ...]:
    """Return the references of a row: those of all its columns, and all items of a list."""
    listed = [item for value in values for item in _items(value)]
    texts = tuple(text for one in listed if (text := _text(place, "reference", one)).strip())
    if not texts:
        raise DataError(f"{place}: there is no reference; leave the row out, or give it one.")
    return texts


def _items(value: Any) -> list[Any]:
    if isinstance(value, str) and value.startswith("["):
        listed = list_in_text(value)
        value = listed if listed and all(isinstance(item, str) for item in listed) else value
    value = last_message(value)
    return value if isinstance(value, list) else [value]
