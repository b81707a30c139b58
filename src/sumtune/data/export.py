"""Read the conversations of a file of any format in the form that `sumtune convert` writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.data.columns import find_dialogue, find_summaries
from sumtune.data.dialogue import as_text, is_unicode, read_dialogue, text_columns
from sumtune.data.export_files import export_tables
from sumtune.data.formatted import apply_format
from sumtune.data.issues import Issue, raise_first_error, undecodable
from sumtune.data.json_rows import dump_row
from sumtune.data.row_checks import check_text
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["Export", "read_export"]

KEPT = ("id", "channel", "style")
"""Fields of a row that are written if they are simple values."""


@dataclass(frozen=True)
class Export:
    """The conversations read from an export."""

    format: str
    rows: tuple[dict[str, Any], ...]
    """Each has a `dialogue`, and an `id`, a `channel`, a `style` and a `summary` if the export has them."""
    notes: tuple[Issue, ...]
    empty: int
    """Conversations without a text, which are left out."""

    @property
    def with_summary(self) -> int:
        """Number of conversations with a summary."""
        return sum("summary" in row for row in self.rows)


def read_export(path: Path, dialogue_column: str | None = None) -> Export:
    """Return the conversations in `path`, a file or folder.

    Raises:
        DataError: `path` cannot be read, or holds several splits or no conversation.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; give the file or folder of an export.")
    tables = export_tables(path)
    if len({table.split for table in tables}) > 1:
        raise DataError(f"{path} holds several splits, which `sumtune run` reads as they are; convert one file of it.")
    if dialogue_column is None:
        tables = [apply_format(table) for table in tables]
    notes = [issue for table in tables for issue in table.issues]
    raise_first_error(notes)
    found = [row for table in tables for row in _rows(table, dialogue_column)]
    rows = tuple(row for row in found if row["dialogue"])
    if not rows:
        raise DataError(f"{path} holds no conversation.")
    formats = list(dict.fromkeys(table.format or "rows with a dialogue" for table in tables))
    return Export(", ".join(formats), rows, tuple(notes), len(found) - len(rows))


def _rows(table: Table, dialogue_column: str | None) -> Iterable[dict[str, Any]]:
    if not table.rows:
        return
    candidates = text_columns(table.columns, table.values)
    column = find_dialogue(table.file, table.columns, dialogue_column, candidates=candidates)
    summaries = find_summaries(table.columns)
    for number, row in table.rows:
        dialogue = read_dialogue(row.get(column)).text
        if dialogue != "":
            raise_first_error(check_text("dialogue", dialogue, table.file, number))
        kept = {key: row[key] for key in KEPT if isinstance(row.get(key), str | int)}
        made = {**kept, "dialogue": dialogue, **_summary(row, summaries)}
        if not is_unicode(dump_row(made)):
            raise_first_error([undecodable(table.file, number, "the row")])
        yield made


def _summary(row: Any, columns: Sequence[str]) -> dict[str, str]:
    """Return the summaries that a row has, by name: `summary`, or `summary1`, `summary2`, …"""
    texts = [text for column in columns if (text := as_text(row.get(column)))]
    names = ["summary"] if len(texts) < 2 else [f"summary{number}" for number in range(1, len(texts) + 1)]
    return dict(zip(names, texts, strict=False))
