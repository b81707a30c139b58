"""Read CSV and TSV files strictly by RFC 4180: if it is uncertain where rows end, no row of the file is used.

Python's `csv` module treats a stray quote as text. Then lines of a dialogue become rows, and nobody notices.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from sumtune.data.content import Text
from sumtune.data.issues import Issue, empty_file
from sumtune.data.records import broken_record, table_of_records
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["read_delimited"]

PIECE = 1 << 18
"""Characters that are read at a time."""
DELIMITERS = ",;\t"
SEPARATOR_LINE = re.compile(r"""\s*(?:"sep=([^\w\s"]|\t)"|sep=([^\w\s"]|\t))[^\S\r\n]*(?:\r\n|\r|\n)""", re.IGNORECASE)
QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')


class _StrayQuoteError(Exception):
    """A quote in a place where RFC 4180 allows none. Everything after it, and some rows before it, are uncertain."""


def read_delimited(file: str, text: Text, split: str | None) -> Table:
    """Return the table in `text`: a header, then one record per row. Fields are separated by `,`, `;` or tab.

    If any record is malformed, the table has no rows; its issues say where, and they cannot be dropped.

    Raises:
        DataError: the header cannot be read, or repeats a name.
    """
    dialect = _dialect(text)
    try:
        header = next(_records(text, dialect), None)
    except _StrayQuoteError as error:
        raise DataError(f"{file}: the header row cannot be read: {error}.") from None
    if header is None:
        raise empty_file(file)
    last, stray = 0, []

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal last
        row = 0
        try:
            for row, record in enumerate(islice(_records(text, dialect), 1, None), 1):
                yield row, record
        except _StrayQuoteError as error:
            stray.append(broken_record(file, row + 1, str(error)))
        last = row

    table = table_of_records(file, split, header, rows)
    if stray:
        return replace(table, rows=(), issues=(*table.issues, *stray))
    return table if table.issues else table.with_issues(*_maybe_cut(file, text, last))


@dataclass(frozen=True)
class _Dialect:
    """How fields are separated, and the patterns that follow from it."""

    delimiter: str
    begin: int
    """Position of the header, in characters."""
    quoting: bool

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """A field without quotes."""
        return re.compile(f"[^{re.escape(self.delimiter)}\r\n{chr(34) if self.quoting else ''}]*+")

    @cached_property
    def end(self) -> re.Pattern[str]:
        """The end of a field."""
        return re.compile(rf"{re.escape(self.delimiter)}|\r\n|\r|\n|\Z")


def _dialect(text: Text) -> _Dialect:
    """Return the dialect of `text`. The header comes after Excel's line `sep=;` if there is one."""
    with text.open() as stream:
        head = stream.read(PIECE)
        while len(head.lstrip().splitlines()) < 2 and (more := stream.read(PIECE)):
            head += more
    given = SEPARATOR_LINE.match(head)
    if given is not None:
        delimiter, begin = given[1] or given[2], given.end()
    else:
        first_line = head.lstrip().splitlines()[0]
        delimiter, begin = max(DELIMITERS, key=first_line.count), 0
    return _Dialect(delimiter, begin, delimiter != "\t" or _has_quoted_field(text))


def _has_quoted_field(text: Text) -> bool:
    """Return whether a field of a TSV file begins with a quote; most of these files know no quotes."""
    last = "\n"
    with text.open() as stream:
        for piece in iter(lambda: stream.read(PIECE), ""):
            if re.search(r'[\t\r\n]"', last + piece):
                return True
            last = piece[-1]
    return False


def _records(text: Text, dialect: _Dialect) -> Iterator[list[str]]:
    """Yield the fields of each record, starting with the header; skip blank lines.

    Raises:
        _StrayQuoteError: a quote is not closed, text follows a closing quote, or a quote appears inside an unquoted
            field.
    """
    with text.open() as stream:
        skipped = stream.read(dialect.begin)
        window, place, line, size, is_last = "", 0, skipped.count("\n") + 1, PIECE, False
        while not is_last:
            piece = stream.read(size)
            is_last = not piece
            window, place, line = window[place:] + piece, 0, line + window.count("\n", 0, place)
            while place < len(window) and (found := _record(window, place, line, dialect, is_last)) is not None:
                record, place = found
                if len(record) > 1 or record[0].strip():
                    yield record
            size = PIECE if place else 2 * size  # a record longer than a piece


def _record(window: str, place: int, line: int, dialect: _Dialect, is_last: bool) -> tuple[list[str], int] | None:
    """Return the fields of the record at `place`, and where the next one begins.

    `window` is a part of the text that begins at line `line`. Return None if it ends before the record does, unless it
    is the last part.
    """
    fields: list[str] = []
    while True:
        quoted = dialect.quoting and window.startswith('"', place)
        field = QUOTED.match(window, place) if quoted else dialect.plain.match(window, place)
        if field is None and not is_last:
            return None
        after = dialect.end.match(window, field.end()) if field is not None else None
        if field is None or after is None:
            raise _StrayQuoteError(_reason(window, line, place, None if field is None else field.end(), quoted))
        if after.end() == len(window) and not is_last:
            return None
        fields.append(field[1].replace('""', '"') if quoted else field[0])
        place = after.end()
        if after[0] != dialect.delimiter:
            return fields, place
        if place == len(window):
            return [*fields, ""], place


def _reason(window: str, line: int, begin: int, end: int | None, quoted: bool) -> str:
    """Return the error for the quoted field that starts at character `begin` and ends too early, at `end`, or never."""
    opened = window.count("\n", 0, begin) + line
    if end is None:
        return f"the quote on line {opened} of the file is never closed"
    line += window.count("\n", 0, end)
    if quoted:
        return f"text follows the closing quote on line {line} of the file; the field begins on line {opened}"
    return f"line {line} of the file has a quote inside a field that does not begin with one"


def _maybe_cut(file: str, text: Text, row: int) -> Iterator[Issue]:
    """Yield a note if the file may have been cut off inside its last field, which nothing else would show."""
    last = ""
    with text.open() as stream:
        for piece in iter(lambda: stream.read(PIECE), ""):
            last = piece[-1]
    if row and last not in '\r\n"':
        message = "the file ends with this row, without a line end: if it was cut off, its last field is incomplete"
        yield Issue("no_line_end", "info", message, file, row)
