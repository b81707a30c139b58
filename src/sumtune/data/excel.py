"""Excel workbooks (.xlsx) as tables."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from sumtune.data.issues import Issue, empty_file
from sumtune.data.records import table_of_records
from sumtune.data.split import split_name
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["read_excel"]


def read_excel(place: str, file: str, content: bytes, split: str | None) -> list[Table]:
    """Return the table of the first sheet that has rows, or a table for each sheet that is named after a split.

    Raises:
        DataError: the workbook cannot be read, or is empty.
    """
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: list(_records(sheet)) for sheet in workbook.worksheets}
    except Exception as error:  # on malformed XML, the parser can raise any exception
        raise DataError(f"{place} is not a readable workbook ({type(error).__name__}); save it again.") from None
    filled = {title: records for title, records in sheets.items() if records}
    if not filled:
        raise empty_file(place)
    named = {title: records for title, records in filled.items() if split_name(title)}
    if named and split is None:
        return [_table(f"{file}#{title}", split_name(title), records) for title, records in named.items()]
    (title, records), *others = filled.items()
    table = _table(file, split, records)
    if not others:
        return [table]
    message = f"only its sheet {title!r} is read; the others are: {', '.join(name for name, _ in others)}"
    return [table.with_issues(Issue("other_sheets", "warning", message, file))]


def _table(file: str, split: str | None, records: Sequence[list[str]]) -> Table:
    return table_of_records(file, split, records[0], lambda: enumerate(records[1:], 1))


def _records(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows of a sheet, starting with the first one that is not blank."""
    sheet.reset_dimensions()  # what the file says about its size is often wrong
    begun = False
    for row in sheet.iter_rows(values_only=True):
        record = [_text(value) for value in row]
        begun = begun or any(record)
        if begun:
            yield record


def _text(value: Any) -> str:
    from openpyxl.utils.escape import unescape

    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(unescape(str(value)))
