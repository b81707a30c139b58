"""Data files as tables: CSV, JSON, JSONL and Parquet, read alike. Only `read_file` knows the formats."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.data.columns import show_names
from sumtune.data.dialogue import is_unicode
from sumtune.data.finding import Finding, undecodable
from sumtune.data.split import split_name
from sumtune.errors import DataError

__all__ = ["SUFFIXES", "Table", "arrow_table", "read_file"]

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
BYTE_ORDER_MARKS_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """The rows of one file, or of one split of it, before anything is known about their columns."""

    file: str
    """Name for people: the file's name, `#` and the split where one file holds several."""
    split: str | None
    """None where the source does not say."""
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    """Row number (counted like `Example.row`) and values by column."""
    findings: tuple[Finding, ...] = ()
    """Rows that could not be read."""


def read_file(path: Path, split: str | None = None) -> list[Table]:
    """The tables of one file: one, or several where a JSON file holds several splits.

    Raises:
        DataError: the file is empty, of an unknown format, or unreadable as a whole.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path} has an unknown format {suffix!r}; expected one of {', '.join(SUFFIXES)}.")
    try:
        if suffix == ".parquet":
            return [_read_parquet(path, split)]
        text = _read_text(path)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or type(error).__name__}.") from None
    if suffix == ".json":
        return _read_json(path, text, split)
    if suffix in (".csv", ".tsv"):
        return [_read_csv(path, text, split)]
    return [_read_lines(path, text, split)]


def _read_text(path: Path) -> str:
    """The file as text; a byte that is not UTF-8 becomes a lone surrogate, which `is_unicode` finds later."""
    raw = path.read_bytes()
    if raw.startswith(BYTE_ORDER_MARKS_16):
        raise DataError(f"{path} is encoded as UTF-16; save it as UTF-8.")
    text = raw.decode("utf-8-sig", "surrogateescape")
    if not text.strip():
        raise DataError(f"{path} is empty; expected rows with a dialogue and a summary.")
    return text


def _read_csv(path: Path, text: str, split: str | None) -> Table:
    first_line = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first_line.count)
    records = _csv_records(text, delimiter)
    header = next(records, "it holds blank lines only")
    if isinstance(header, str):
        raise DataError(f"{path}: the header row cannot be read: {header}.")
    if len(set(header)) < len(header):
        repeated = [name for name in dict.fromkeys(header) if header.count(name) > 1]
        raise DataError(f"{path}: the header row repeats {show_names(repeated)}; each column needs a name of its own.")
    rows, findings = [], []
    for row, record in enumerate(records, 1):
        if isinstance(record, str):
            findings.append(_malformed(path.name, row, record))
        elif len(record) != len(header):
            findings.append(_malformed(path.name, row, f"it has {len(record)} fields, the header has {len(header)}"))
        else:
            rows.append((row, dict(zip(header, record, strict=True))))
    return Table(path.name, split, tuple(header), tuple(rows), tuple(findings))


def _csv_records(text: str, delimiter: str) -> Iterator[list[str] | str]:
    """Each record that is not blank, or what is wrong with it; after a broken record, reading goes on one line below.

    So a quote that is never closed costs its own row and not the rest of the file.
    """
    lines = list(io.StringIO(text, newline=""))
    start = 0
    while start < len(lines):
        reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=delimiter, strict=True)
        lines_read = 0
        try:
            for record in reader:
                lines_read = reader.line_num
                if record:
                    yield record
            return
        except csv.Error as error:
            start += lines_read + 1
            yield f"{error} (line {start} of the file; is a quote not closed, or not doubled inside a field?)"


def _read_lines(path: Path, text: str, split: str | None) -> Table:
    numbered = enumerate(io.StringIO(text, newline=None), 1)
    parsed = ((row, _parse_line(line)) for row, line in numbered if line.strip())
    return _object_table(path.name, split, parsed)


def _parse_line(line: str) -> Any:
    """The JSON value of a line, or a `_Broken` that says why there is none."""
    try:
        return json.loads(line)
    except RecursionError:
        return _Broken("it is nested too deeply")
    except json.JSONDecodeError as error:
        return _Broken(f"it is not JSON ({error.msg}, column {error.colno})", is_unicode(line))
    except ValueError:
        return _Broken("it holds a number with too many digits")


@dataclass(frozen=True)
class _Broken:
    reason: str
    is_unicode: bool = True


def _object_table(file: str, split: str | None, values: Iterator[tuple[int, Any]]) -> Table:
    """A table of JSON objects; its columns are all their keys in order of appearance."""
    columns: dict[str, None] = {}
    rows, findings = [], []
    for row, value in values:
        if isinstance(value, dict):
            columns |= dict.fromkeys(value)
            rows.append((row, value))
        elif not isinstance(value, _Broken):
            reason = f"it is {_json_type(value)}, expected an object with a dialogue and a summary"
            findings.append(_malformed(file, row, reason))
        elif value.is_unicode:
            findings.append(_malformed(file, row, value.reason))
        else:
            findings.append(undecodable(file, row, "the row"))
    return Table(file, split, tuple(columns), tuple(rows), tuple(findings))


def _read_json(path: Path, text: str, split: str | None) -> list[Table]:
    value = _parse_line(text)
    if isinstance(value, _Broken):
        if isinstance(_parse_line(text.lstrip().splitlines()[0]), dict):
            return [_read_lines(path, text, split)]
        raise DataError(f"{path} cannot be read: {value.reason}. {_JSON_FORMS}")
    if isinstance(value, list):
        return [_object_table(path.name, split, enumerate(value, 1))]
    lists = _lists_by_split(path, value) if isinstance(value, dict) else {}
    if not lists or (split is not None and set(lists) - {split, None}):
        found = f"an object with {show_names(list(value))}" if isinstance(value, dict) else _json_type(value)
        raise DataError(f"{path} holds {found}. {_JSON_FORMS}")
    return [
        _object_table(f"{path.name}#{name}" if name else path.name, name or split, enumerate(values, 1))
        for name, values in lists.items()
    ]


_JSON_FORMS = 'Expected a list of objects, {"train": [...], "test": [...]} or {"data": [...]}, or one object a line.'


def _lists_by_split(path: Path, value: Mapping[str, Any]) -> dict[str | None, list[Any]]:
    """The lists under split names, else the one under `data` as the split None."""
    lists: dict[str | None, list[Any]] = {}
    for key, items in value.items():
        name = split_name(key)
        if name is None or not isinstance(items, list):
            continue
        if name in lists:
            raise DataError(f"{path} holds the {name} split twice, once as {key!r}; keep one.")
        lists[name] = items
    if not lists and isinstance(value.get("data"), list):
        lists[None] = value["data"]
    return lists


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number")


def _read_parquet(path: Path, split: str | None) -> Table:
    import pyarrow
    import pyarrow.parquet

    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty; expected rows with a dialogue and a summary.")
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            return arrow_table(path.name, split, file.read())
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is not a readable Parquet file ({type(error).__name__}); write it again.") from None


def arrow_table(file: str, split: str | None, table: Any) -> Table:
    """The rows of a `pyarrow.Table`, with all names of its columns but only the values that may be text or ids."""
    columns = tuple(table.column_names)
    textual = table.select([index for index, field in enumerate(table.schema) if _may_be_text(field.type)])
    try:
        return Table(file, split, columns, tuple(enumerate(textual.to_pylist(), 1)))
    except (ValueError, OverflowError, NotImplementedError):  # one bad value fails all: find its row
        return _arrow_row_by_row(file, split, columns, textual)


def _may_be_text(kind: Any) -> bool:
    """Whether a column of this Arrow type can hold a dialogue, a summary or an id."""
    from pyarrow import types

    checks = (types.is_string, types.is_large_string, types.is_dictionary, types.is_integer, types.is_nested)
    return any(check(kind) for check in checks)


def _arrow_row_by_row(file: str, split: str | None, columns: tuple[str, ...], table: Any) -> Table:
    rows, findings = [], []
    for row in range(1, table.num_rows + 1):
        try:
            rows.append((row, table.slice(row - 1, 1).to_pylist()[0]))
        except UnicodeDecodeError:
            findings.append(undecodable(file, row, "the row"))
        except (ValueError, OverflowError, NotImplementedError):
            findings.append(_malformed(file, row, "it holds a value that cannot be read"))
    return Table(file, split, columns, tuple(rows), tuple(findings))


def _malformed(file: str, row: int, reason: str) -> Finding:
    return Finding("malformed_row", "error", f"the row cannot be read: {reason}", file, row)
