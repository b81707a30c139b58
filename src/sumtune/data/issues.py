"""Issues found in the data, and how to display them: with file and row, never with text of a dialogue."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sumtune.errors import DataError

__all__ = [
    "BROKEN_TABLE",
    "Issue",
    "Severity",
    "display",
    "empty_file",
    "legacy_encoding",
    "raise_errors",
    "raise_first_error",
    "undecodable",
]

BROKEN_TABLE = "broken_table"
"""Code of an error that makes all rows of its file uncertain, so that dropping single rows does not help."""
BROKEN_TABLE_REMEDY = (
    "Where the other rows of that file begin and end is uncertain, so none is used. Put fields with quotes, "
    "delimiters or line breaks in quotes and double the quotes inside them, or write the file as JSONL."
)
Severity = Literal["error", "warning", "info"]
SHOWN_IN_ERROR = 5
SHOWN_PER_CODE = 10
SHOWN_WHEN_COLLAPSED = 3


@dataclass(frozen=True)
class Issue:
    """A problem or a note about one row, or about all data (then `file` is "" and `row` is None)."""

    code: str
    severity: Severity
    message: str
    file: str = ""
    row: int | None = None
    """Counted like `Example.row`."""

    @property
    def can_be_dropped(self) -> bool:
        """Whether the rest of the data can be used without this row."""
        return self.row is not None and self.code != BROKEN_TABLE

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        return f"{place}: {self.message}" if place else self.message


def undecodable(file: str, row: int, part: str) -> Issue:
    """Return the error for a row in which `part` cannot be written as UTF-8."""
    message = f"{part} is not valid UTF-8, or has half a character (an unpaired surrogate); save the file as UTF-8"
    return Issue("undecodable", "error", message, file, row)


def legacy_encoding(file: str) -> Issue:
    """Return the warning that the encoding of `file` was guessed."""
    message = "it is not UTF-8 and was read as Windows-1252; save it as UTF-8 if characters look wrong"
    return Issue("legacy_encoding", "warning", message, file)


def empty_file(place: str) -> DataError:
    """Return the error for a file without content."""
    return DataError(f"{place} is empty: write the file again, or give another one.")


def display(issues: Sequence[Issue]) -> list[str]:
    """Return lines for a terminal, errors first. If a code has more than ten issues, three and a count are shown.

    >>> rows = [Issue("duplicate", "warning", "repeats train.csv:1", "train.csv", row) for row in range(2, 14)]
    >>> display(rows)[-2:]
    ['warning: train.csv:4: repeats train.csv:1', 'warning: … and 9 more of `duplicate`']
    """
    kinds = dict.fromkeys((issue.severity, issue.code) for issue in issues)
    lines: list[str] = []
    for severity, code in sorted(kinds, key=lambda kind: ("error", "warning", "info").index(kind[0])):
        same = [issue for issue in issues if (issue.severity, issue.code) == (severity, code)]
        shown = len(same) if len(same) <= SHOWN_PER_CODE else SHOWN_WHEN_COLLAPSED
        lines += [f"{severity}: {issue}" for issue in same[:shown]]
        if shown < len(same):
            lines.append(f"{severity}: … and {len(same) - shown} more of `{code}`")
    return lines


def raise_errors(issues: Iterable[Issue]) -> None:
    """Raise DataError if any issue is an error.

    Raises:
        DataError: counts the errors by code, shows the first ones, and says what to do.
    """
    errors = [issue for issue in issues if issue.severity == "error"]
    if not errors:
        return
    counts = ", ".join(f"{count} {code}" for code, count in Counter(error.code for error in errors).most_common())
    lines = [f"The data cannot be used as it is: {counts}."]
    lines += [f"  {error}" for error in errors[:SHOWN_IN_ERROR]]
    if len(errors) > SHOWN_IN_ERROR:
        lines.append(f"  … and {len(errors) - SHOWN_IN_ERROR} more")
    if any(error.code == BROKEN_TABLE for error in errors):
        lines.append(BROKEN_TABLE_REMEDY)
    elif all(error.can_be_dropped for error in errors):  # otherwise the remaining rows have an error, too
        lines.append("Fix these rows, or leave them out with --drop-invalid.")
    raise DataError("\n".join(lines))


def raise_first_error(issues: Iterable[Issue]) -> None:
    """Raise the first error among `issues`; for files in which every row is needed.

    Raises:
        DataError: shows the first error.
    """
    for issue in issues:
        if issue.severity == "error":
            raise DataError(f"{issue}." + (f" {BROKEN_TABLE_REMEDY}" if issue.code == BROKEN_TABLE else ""))
