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
    """Name for people: the file's name, `#` and the split where one file holds several."""
    split: str | None
    """None where the source does not say."""
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    """Row number (counted like `Example.row`) and values by column."""
    issues: tuple[Issue, ...] = ()
    """Rows that could not be read, and what is worth knowing."""
    format: str | None = None
    """The export format that was recognized."""

    def with_issues(self, *issues: Issue) -> "Table":
        """The table with further issues."""
        return replace(self, issues=(*self.issues, *issues))


def malformed(file: str, row: int, reason: str) -> Issue:
    """Return an error: the row cannot be read."""
    return Issue("malformed_row", "error", f"the row cannot be read: {reason}", file, row)
