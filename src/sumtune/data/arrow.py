"""Parquet and Arrow files as tables."""

from typing import Any

from sumtune.data.issues import undecodable
from sumtune.data.table import Table, malformed
from sumtune.errors import DataError

__all__ = ["arrow_table", "read_arrow", "read_parquet"]


def read_parquet(place: str, file: str, content: bytes, split: str | None, every_column: bool = False) -> Table:
    """Return the table of a Parquet file. Page checksums are verified if the file has them.

    Raises:
        DataError: the file is damaged, or not a Parquet file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content), page_checksum_verification=True) as parquet:
            return arrow_table(file, split, parquet.read(), every_column)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{place} is not a readable Parquet file ({type(error).__name__}); write it again.") from None


def read_arrow(place: str, file: str, content: bytes, split: str | None, every_column: bool = False) -> Table:
    """Return the table of an Arrow file, as `datasets` saves it: a stream of record batches, or a file with an index.

    Raises:
        DataError: the file is damaged, or not an Arrow file.
    """
    import pyarrow
    import pyarrow.ipc

    is_indexed = content.startswith(b"ARROW1")
    try:
        with (pyarrow.ipc.open_file if is_indexed else pyarrow.ipc.open_stream)(
            pyarrow.BufferReader(content)
        ) as stream:
            table = stream.read_all()
            table.validate(full=True)
            return arrow_table(file, split, table, every_column)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{place} is not a readable Arrow file ({type(error).__name__}); write it again.") from None


def arrow_table(file: str, split: str | None, table: Any, every_column: bool = False) -> Table:
    """Return the rows of a `pyarrow.Table`, with the names of all its columns.

    Values are read only from columns that may hold texts or ids; with `every_column`, from all except binary ones.
    """
    columns = tuple(table.column_names)
    wanted = _is_no_binary if every_column else _may_be_text
    chosen = table.select([index for index, field in enumerate(table.schema) if wanted(field.type)])
    try:
        return Table(file, split, columns, tuple(enumerate(chosen.to_pylist(), 1)))
    except (ValueError, OverflowError, NotImplementedError):  # one bad value fails all: find its row
        return _row_by_row(file, split, columns, chosen)


def _may_be_text(kind: Any) -> bool:
    """Whether a column of this Arrow type can hold a dialogue, a summary or an id."""
    from pyarrow import types

    checks = (types.is_string, types.is_large_string, types.is_dictionary, types.is_integer, types.is_nested)
    return any(check(kind) for check in checks)


def _is_no_binary(kind: Any) -> bool:
    from pyarrow import types

    return not any(check(kind) for check in (types.is_binary, types.is_large_binary, types.is_fixed_size_binary))


def _row_by_row(file: str, split: str | None, columns: tuple[str, ...], table: Any) -> Table:
    rows, issues = [], []
    for row in range(1, table.num_rows + 1):
        try:
            rows.append((row, table.slice(row - 1, 1).to_pylist()[0]))
        except UnicodeDecodeError:
            issues.append(undecodable(file, row, "the row"))
        except (ValueError, OverflowError, NotImplementedError):
            issues.append(malformed(file, row, "it holds a value that cannot be read"))
    return Table(file, split, columns, tuple(rows), tuple(issues))
