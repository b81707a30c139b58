"""The tables that training reads: in their known format, with summaries, and with their columns found."""

from collections.abc import Sequence

from sumtune.config import DataConfig
from sumtune.data.columns import Columns, find_columns, find_summaries
from sumtune.data.data_source import DataSource
from sumtune.data.dialogue import as_text, text_columns
from sumtune.data.formatted import apply_format
from sumtune.data.issues import Issue
from sumtune.data.table import Table
from sumtune.errors import DataError
from sumtune.plurals import counted

__all__ = ["columns_by_file", "usable_tables"]


def usable_tables(source: DataSource, data: DataConfig) -> tuple[list[Table], list[Issue]]:
    """Return the tables of the source, and a note about each that is set aside.

    A recognized format decides which part is the dialogue, unless columns are given.

    Raises:
        DataError: a file cannot be read, or is an export without summaries.
    """
    return _set_aside(_read(source, data), data)


def _read(source: DataSource, data: DataConfig) -> list[Table]:
    tables = source.read()
    if data.dialogue_column is not None or data.summary_column is not None:
        return tables
    tables = [apply_format(table) for table in tables]
    for table in tables:
        if table.format is not None and not find_summaries(table.columns) and table.split in (None, "train"):
            found = counted(len(table.rows), "conversation")
            raise DataError(
                f"{table.file} is read as {table.format}: {found} without summaries. "
                f"Write them with `sumtune convert FILE --output chats.jsonl`, and add a `summary` to each line."
            )
    return tables


def columns_by_file(tables: Sequence[Table], data: DataConfig) -> dict[str, Columns]:
    """Return the columns of each table that has rows.

    Raises:
        DataError: no table holds anything, or one lacks a column.
    """
    given = data.dialogue_column, data.summary_column
    holding = [table for table in tables if table.rows or table.columns]
    candidates = _shared_text_columns(holding)
    columns = {
        table.file: find_columns(table.file, table.columns, *given, candidates, data.style_column) for table in holding
    }
    if not any(table.rows or table.issues for table in tables):
        names = ", ".join(table.file for table in tables)
        raise DataError(f"{names}: there are no rows; expected a dialogue and a summary in each.")
    return columns


def _shared_text_columns(tables: Sequence[Table]) -> list[str]:
    """Return the columns that exist in all tables and hold texts; an option can only name one of these."""
    shared = [column for column in (tables[0].columns if tables else ()) if all(column in t.columns for t in tables)]
    return [column for column in shared if all(column in text_columns([column], table.values) for table in tables)]


def _set_aside(tables: Sequence[Table], data: DataConfig) -> tuple[list[Table], list[Issue]]:
    """Return the tables with summaries, and a note about validation or test tables without any."""
    bare = [table for table in tables if table.split in ("validation", "test") and not _has_summaries(table, data)]
    if not any(table.split == "train" and _has_summaries(table, data) for table in tables):
        return list(tables), []
    notes = [
        Issue(
            "no_summaries",
            "warning",
            f"{counted(len(table.rows), 'dialogue')} left unused, because the file has no summaries",
            table.file,
        )
        for table in bare
    ]
    return [table for table in tables if table not in bare], notes


def _has_summaries(table: Table, data: DataConfig) -> bool:
    """Return whether a summary column has at least one summary; True for a table without rows."""
    if not table.rows:
        return True
    names = find_summaries(table.columns, data.summary_column)
    return any(as_text(row.get(name)) != "" for row in table.values for name in names)
