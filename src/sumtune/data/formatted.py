"""Turn rows of a recognized format into rows with a `dialogue` and perhaps a `summary`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sumtune.data.columns import find_summaries
from sumtune.data.formats.format import Format, Row
from sumtune.data.formats.instruction import Instruction, shared_instruction
from sumtune.data.formats.recognize import recognize_format
from sumtune.data.formats.slack import is_slack
from sumtune.data.formats.teams import is_teams
from sumtune.data.formats.unread import what_to_export
from sumtune.data.issues import Issue
from sumtune.data.table import NumberedRow, StreamedRows, Table, malformed
from sumtune.data.turns import SPEAKER_KEYS, TEXT_KEYS
from sumtune.errors import DataError

__all__ = ["DIALOGUE", "RowFormat", "apply_format", "are_messages", "find_format", "require_conversations"]

LINE = re.compile(r"(?![^\s:：]{1,30}[:：]\s)[^\n]*\n?")
"""A text of one line that does not begin with a name: a message rather than a dialogue."""
DIALOGUE, SUMMARY = "dialogue", "summary"


@dataclass(frozen=True)
class RowFormat:
    """The format of the rows of a file, and the instruction that their prompts share."""

    format: Format
    instruction: Instruction

    def read(self, row: Row, left_out: Counter[str] | None = None) -> list[dict[str, Any]] | None:
        """Return a row for each conversation in `row`; None if it is not of the format."""
        if not self.format.matches(row):
            return None
        kept = {key: value for key, value in row.items() if key not in (*self.format.keys, DIALOGUE)}
        found = []
        for reading in self.format.read(row):
            dialogue = reading.value()
            if isinstance(dialogue, str):
                dialogue = self.instruction.strip(dialogue)
            summary = {} if reading.summary is None else {SUMMARY: reading.summary}
            found.append({**kept, DIALOGUE: dialogue, **summary})
            if left_out is not None:
                left_out.update(reading.left_out)
        return found


def find_format(rows: Iterable[Row]) -> RowFormat | None:
    """Return the format of `rows`, which are iterated twice; None if none is recognized."""
    summaries = {name for row in rows for name in find_summaries(list(row))}
    found = recognize_format(rows, sorted(summaries))
    if found is None:
        return None
    prompts = _prompts(found, rows) if found.is_prompt else ()
    return RowFormat(found, shared_instruction(prompts))


def apply_format(table: Table) -> Table:
    """Return `table` with a dialogue in each row if its rows have a known format, otherwise `table` itself."""
    if are_messages(table.values):
        rows = list(table.values)
        wrapped = {"messages": rows} if is_slack(rows) or is_teams(rows) else {DIALOGUE: rows}
        table = replace(table, columns=tuple(wrapped), rows=((1, wrapped),), format="a list of messages")
    row_format = find_format(table.values)
    if row_format is None:
        require_conversations(table.file, table.values)
        return table
    return _converted(table, row_format)


def require_conversations(file: str, rows: Iterable[Row]) -> None:
    """Raise DataError if `rows` belong to an export but are not conversations; the message says what to export.

    `rows` are iterated several times.
    """
    what = None if any(find_summaries(list(row)) for row in rows) else what_to_export(rows)
    if what is not None:
        raise DataError(f"{file} holds {what}.")


def are_messages(rows: Iterable[Row]) -> bool:
    """Return whether each row is one message of a conversation: a speaker and a line, and no summary.

    `rows` are iterated several times.
    """
    if not _are_messages(list(islice(rows, 2))):
        return False
    if any(row[name] is not None for row in rows for name in find_summaries(list(row))):
        return False
    return _are_messages(list(rows))


def _are_messages(rows: Sequence[Row]) -> bool:
    return is_slack(rows) or is_teams(rows) or (len(rows) > 1 and all(_is_message(row) for row in rows))


def _is_message(row: Row) -> bool:
    fields = {str(key).lower(): value for key, value in row.items()}
    text = next((fields[key] for key in TEXT_KEYS if key in fields), None)
    return isinstance(text, str) and LINE.fullmatch(text) is not None and any(fields.get(key) for key in SPEAKER_KEYS)


def _prompts(found: Format, rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        for reading in found.read(row) if found.matches(row) else ():
            if isinstance(reading.dialogue, str):
                yield reading.dialogue


def _converted(table: Table, row_format: RowFormat) -> Table:
    issues, count = list(table.issues), 0
    columns: dict[str, None] = {}
    left_out: Counter[str] = Counter()
    for number, row in table.rows:
        found = row_format.read(row, left_out)
        if found is None:
            issues.append(malformed(table.file, number, f"it is not {row_format.format.name}, unlike the others"))
        else:
            columns |= dict.fromkeys(key for one in found for key in one)
            count += len(found)
    issues.append(_note(table.file, row_format, left_out))

    def rows() -> Iterator[NumberedRow]:
        return ((number, one) for number, row in table.rows for one in row_format.read(row) or ())

    return Table(
        table.file, table.split, tuple(columns), StreamedRows(rows, count), tuple(issues), row_format.format.name
    )


def _note(file: str, row_format: RowFormat, left_out: Counter[str]) -> Issue:
    """Return a note on what was recognized, and on what is not part of the dialogues."""
    removed = [f"{what} ({count})" for what, count in left_out.items()]
    if row_format.instruction != Instruction():
        removed.append("the instruction that all prompts share")
    message = f"it is read as {row_format.format.name}" + (f"; left out: {', '.join(removed)}" if removed else "")
    return Issue("format", "info", message, file)
