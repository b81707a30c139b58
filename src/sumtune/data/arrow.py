"""Parquet and Arrow files as tables, read a batch of rows at a time."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sumtune.data.content import Content
from sumtune.data.issues import Issue, undecodable
from sumtune.data.table import Parsed, Table, malformed, parsed_table
from sumtune.errors import DataError

__all__ = ["arrow_table", "read_arrow", "read_parquet"]

BATCH_ROWS = 1024
BUFFER_BYTES = 1 << 20
"""Read at a time from each column of a Parquet file."""
Batches = Callable[[], Iterator[Any]]
"""Each call yields all rows again, in tables of a few rows each; without rows, one empty table."""


def read_parquet(place: str, file: str, content: Content, split: str | None, every_column: bool = False) -> Table:
    """Return the table of a Parquet file. Page checksums are verified if the file has them.

    Raises:
        DataError: the file is damaged, or not a Parquet file.
    """
    return _table(file, split, partial(_read, place, "Parquet", content, _parquet_batches), every_column)


def read_arrow(place: str, file: str, content: Content, split: str | None, every_column: bool = False) -> Table:
    """Return the table of an Arrow file, as `datasets` saves it: a stream of record batches, or a file with an index.

    Raises:
        DataError: the file is damaged, or not an Arrow file.
    """
    return _table(file, split, partial(_read, place, "Arrow", content, _arrow_batches), every_column)


def arrow_table(file: str, split: str | None, table: Any) -> Table:
    """Return the rows of a `pyarrow.Table`, with the names of all its columns.

    Values are read only from columns that may hold texts or ids.
    """
    return _table(file, split, lambda: _slices(table), every_column=False)


def _slices(table: Any) -> Iterator[Any]:
    for start in range(0, table.num_rows or 1, BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def _read(place: str, kind: str, content: Content, batches: Callable[[Any], Iterator[Any]]) -> Iterator[Any]:
    """Yield the tables that `batches` reads from `content`; errors of the file become DataError."""
    import pyarrow

    try:
        with content.open() as stream:
            yield from batches(stream)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{place} is not a readable {kind} file ({type(error).__name__}); write it again.") from None


def _parquet_batches(stream: Any) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(
        stream, page_checksum_verification=True, buffer_size=BUFFER_BYTES, pre_buffer=False
    ) as parquet:
        yield parquet.schema_arrow.empty_table()
        for batch in parquet.iter_batches(BATCH_ROWS):
            yield pyarrow.Table.from_batches([batch])


def _arrow_batches(stream: Any) -> Iterator[Any]:
    import pyarrow
    import pyarrow.ipc

    is_indexed = stream.read(6) == b"ARROW1"
    stream.seek(0)
    with (pyarrow.ipc.open_file if is_indexed else pyarrow.ipc.open_stream)(stream) as reader:
        yield reader.schema.empty_table()
        for batch in map(reader.get_batch, range(reader.num_record_batches)) if is_indexed else reader:
            table = pyarrow.Table.from_batches([batch])
            table.validate(full=True)
            yield from _slices(table)


def _table(file: str, split: str | None, batches: Batches, every_column: bool) -> Table:
    """Return the table of `batches`; with `every_column`, values of all columns are read, except binary ones."""
    wanted = _is_no_binary if every_column else _may_be_text
    columns = tuple(next(batches()).column_names)

    def parse() -> Parsed:
        row = 1
        for batch in batches():
            chosen = batch.select([index for index, field in enumerate(batch.schema) if wanted(field.type)])
            yield from _rows(file, row, chosen)
            row += batch.num_rows

    return parsed_table(file, split, parse, columns)


def _rows(file: str, first: int, batch: Any) -> Parsed:
    """Yield the rows of `batch`, numbered from `first`."""
    try:
        yield from enumerate(batch.to_pylist(), first)
    except (ValueError, OverflowError, NotImplementedError):  # one bad value fails all: find its row
        for at in range(batch.num_rows):
            yield first + at, _row(file, first + at, batch.slice(at, 1))


def _row(file: str, row: int, only: Any) -> dict[str, Any] | Issue:
    try:
        return dict(only.to_pylist()[0])
    except UnicodeDecodeError:
        return undecodable(file, row, "the row")
    except (ValueError, OverflowError, NotImplementedError):
        return malformed(file, row, "it holds a value that cannot be read")


def _may_be_text(kind: Any) -> bool:
    """Whether a column of this Arrow type can hold a dialogue, a summary or an id."""
    from pyarrow import types

    checks = (types.is_string, types.is_large_string, types.is_dictionary, types.is_integer, types.is_nested)
    return any(check(kind) for check in checks)


def _is_no_binary(kind: Any) -> bool:
    from pyarrow import types

    return not any(check(kind) for check in (types.is_binary, types.is_large_binary, types.is_fixed_size_binary))
