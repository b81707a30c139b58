"""Read CSV and TSV files strictly by RFC 4180: if it is uncertain where rows end, no row of the file is used.

Python's `csv` module treats a stray quote as text. Then lines of a dialogue become rows, and nobody notices.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from sumtune.data.issues import Issue
from sumtune.data.records import broken_record, table_of_records
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["read_delimited"]

DELIMITERS = ",;\t"
SEPARATOR_LINE = re.compile(r"""\s*(?:"sep=([^\w\s"]|\t)"|sep=([^\w\s"]|\t))[^\S\r\n]*(?:\r\n|\r|\n)""", re.IGNORECASE)
QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')


class _StrayQuoteError(Exception):
    """A quote in a place where RFC 4180 allows none. Everything after it, and some rows before it, are uncertain."""


def read_delimited(file: str, text: str, split: str | None) -> Table:
    """Return the table in `text`: a header, then one record per row. Fields are separated by `,`, `;` or tab.

    If any record is malformed, the table has no rows; its issues say where, and they cannot be dropped.

    Raises:
        DataError: the header cannot be read, or repeats a name.
    """
    delimiter, begin = _delimiter(text)
    records = _records(text, delimiter, begin)
    try:
        header = next(records, None)
    except _StrayQuoteError as error:
        raise DataError(f"{file}: the header row cannot be read: {error}.") from None
    if header is None:
        raise DataError(f"{file} is empty; expected rows with a dialogue and a summary.")
    rows, stray = [], []
    try:
        for row, record in enumerate(records, 1):
            rows.append((row, record))
    except _StrayQuoteError as error:
        stray.append(broken_record(file, len(rows) + 1, str(error)))
    table = table_of_records(file, split, header, rows)
    if stray:
        return replace(table, rows=(), issues=(*table.issues, *stray))
    return table if table.issues else table.with_issues(*_maybe_cut(file, text, len(rows)))


def _delimiter(text: str) -> tuple[str, int]:
    """Return the delimiter and the position of the header, which comes after Excel's line `sep=;` if there is one."""
    given = SEPARATOR_LINE.match(text)
    if given is not None:
        return given[1] or given[2], given.end()
    first_line = text.lstrip().splitlines()[0]
    return max(DELIMITERS, key=first_line.count), 0


def _records(text: str, delimiter: str, place: int) -> Iterator[list[str]]:
    """Yield the fields of each record, starting at the character `place`; skip blank lines.

    Raises:
        _StrayQuoteError: a quote is not closed, text follows a closing quote, or a quote appears inside an unquoted
            field.
    """
    quoting = delimiter != "\t" or re.search(r'(?:^|[\t\r\n])"', text) is not None  # most TSV files know no quotes
    plain = re.compile(f"[^{re.escape(delimiter)}\r\n{chr(34) if quoting else ''}]*+")
    end = re.compile(rf"{re.escape(delimiter)}|\r\n|\r|\n|\Z")
    record: list[str] = []
    while place < len(text):
        begin = place
        quoted = quoting and text[place] == '"'
        field = QUOTED.match(text, place) if quoted else plain.match(text, place)
        after = end.match(text, field.end()) if field is not None else None
        if field is None or after is None:
            raise _StrayQuoteError(_reason(text, begin, None if field is None else field.end(), quoted))
        record.append(field[1].replace('""', '"') if quoted else field[0])
        place = after.end()
        if after[0] == delimiter and place < len(text):
            continue
        if after[0] == delimiter:
            record.append("")
        if len(record) > 1 or record[0].strip():
            yield record
        record = []


def _reason(text: str, begin: int, end: int | None, quoted: bool) -> str:
    """Return the error for the quoted field that starts at character `begin` and ends too early, at `end`, or never."""
    opened = text.count("\n", 0, begin) + 1
    if end is None:
        return f"the quote on line {opened} of the file is never closed"
    line = text.count("\n", 0, end) + 1
    if quoted:
        return f"text follows the closing quote on line {line} of the file; the field begins on line {opened}"
    return f"line {line} of the file has a quote inside a field that does not begin with one"


def _maybe_cut(file: str, text: str, row: int) -> Iterator[Issue]:
    """Yield a note if the file may have been cut off inside its last field, which nothing else would show."""
    if row and text[-1] not in '\r\n"':
        message = "the file ends with this row, without a line end: if it was cut off, its last field is incomplete"
        yield Issue("no_line_end", "info", message, file, row)
