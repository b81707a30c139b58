"""The rows of a data file, before anything is known about their columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sumtune.data.issues import Issue

__all__ = ["Table", "malformed"]


@dataclass(frozen=True)
class Table:
    """The rows of one file, or of one split of it."""

    file: str
    """Name for messages: the file's name, followed by `#` and the split if the file holds several."""
    split: str | None
    """None if the source does not name one."""
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    """Row number (counted like `Example.row`) and values by column."""
    issues: tuple[Issue, ...] = ()
    """Errors for rows that cannot be read, warnings and notes."""
    format: str | None = None
    """The export format that was recognized."""

    def with_issues(self, *issues: Issue) -> "Table":
        """Return the table with further issues."""
        return replace(self, issues=(*self.issues, *issues))


def malformed(file: str, row: int, reason: str) -> Issue:
    """Return the error for a row that cannot be read."""
    return Issue("malformed_row", "error", f"the row cannot be read: {reason}", file, row)
