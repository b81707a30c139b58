"""The rows of a data file, before anything is known about their columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sumtune.data.issues import Issue

__all__ = ["NumberedRow", "Parsed", "Rows", "StreamedRows", "Table", "Values", "malformed", "parsed_table"]

NumberedRow = tuple[int, Mapping[str, Any]]
"""Row number (counted like `Example.row`) and values by column."""

Parsed = Iterator[tuple[int, Mapping[str, Any] | Issue]]
"""Row numbers, each with the values or with what is wrong with the row."""


class Rows(Protocol):
    """Rows that can be iterated several times."""

    def __iter__(self) -> Iterator[NumberedRow]: ...
    def __len__(self) -> int: ...


class StreamedRows:
    """Rows that `read` reads from their file in each iteration, so that few of them are in memory."""

    def __init__(self, read: Callable[[], Iterator[NumberedRow]], count: int) -> None:
        self._read = read
        self._count = count

    def __iter__(self) -> Iterator[NumberedRow]:
        return self._read()

    def __len__(self) -> int:
        return self._count


@dataclass(frozen=True)
class Values:
    """The values of `rows` without their numbers. Can be iterated several times."""

    rows: Iterable[NumberedRow]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (row for _, row in self.rows)


@dataclass(frozen=True)
class Table:
    """The rows of one file, or of one split of it."""

    file: str
    """Name for messages: the file's name, followed by `#` and the split if the file holds several."""
    split: str | None
    """None if the source does not name one."""
    columns: tuple[str, ...]
    rows: Rows
    issues: tuple[Issue, ...] = ()
    """Errors for rows that cannot be read, warnings and notes."""
    format: str | None = None
    """The export format that was recognized."""

    @property
    def values(self) -> Values:
        """The rows without their numbers."""
        return Values(self.rows)

    def with_issues(self, *issues: Issue) -> "Table":
        """Return the table with further issues."""
        return replace(self, issues=(*self.issues, *issues))


def parsed_table(
    file: str, split: str | None, parse: Callable[[], Parsed], columns: tuple[str, ...] | None = None
) -> Table:
    """Return a table whose rows `parse` reads anew in each iteration.

    `columns` of None stands for all keys of the rows in order of appearance.
    """
    keys: dict[str, None] = {}
    issues, count = [], 0
    for _, value in parse():
        if isinstance(value, Issue):
            issues.append(value)
        else:
            keys |= dict.fromkeys(value)
            count += 1

    def rows() -> Iterator[NumberedRow]:
        return ((row, value) for row, value in parse() if not isinstance(value, Issue))

    return Table(file, split, tuple(keys) if columns is None else columns, StreamedRows(rows, count), tuple(issues))


def malformed(file: str, row: int, reason: str) -> Issue:
    """Return the error for a row that cannot be read."""
    return Issue("malformed_row", "error", f"the row cannot be read: {reason}", file, row)
