"""Data files as tables: CSV, JSON, JSONL and Parquet, read alike for training and for use."""

from dataclasses import replace
from pathlib import Path

from sumtune.data.delimited import read_delimited
from sumtune.data.encoding import LEGACY, decode
from sumtune.data.issues import legacy_encoding
from sumtune.data.json_rows import read_json, read_lines
from sumtune.data.parquet import read_parquet
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["JSON_LINES", "SUFFIXES", "damaged_text", "read_file", "require_known_format"]

JSON_LINES = (".jsonl", ".ndjson")
SUFFIXES = (".csv", ".tsv", ".json", *JSON_LINES, ".parquet")


def read_file(
    path: Path, split: str | None = None, *, guess_encoding: bool = False, every_column: bool = False
) -> list[Table]:
    """The tables of one file: one, or several where a JSON file holds several splits.

    `guess_encoding` takes a text that is not UTF-8 for Windows-1252, with a warning among the issues, instead of
    calling its rows undecodable. `every_column` gives all values of a Parquet file, also those that cannot be text.

    Raises:
        DataError: the file is empty, of an unknown format, or unreadable as a whole.
    """
    require_known_format(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return [read_parquet(path, split, every_column)]
        text, encoding = _read_text(path, guess_encoding)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or type(error).__name__}.") from None
    tables = _read_tables(path, text, split)
    if encoding == LEGACY:
        tables[0] = replace(tables[0], issues=(*tables[0].issues, legacy_encoding(path.name)))
    return tables


def require_known_format(path: Path) -> None:
    """Raises DataError where the suffix of `path` is none that can be read."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path} has an unknown format {suffix!r}; expected one of {', '.join(SUFFIXES)}.")


def damaged_text(path: Path, error: UnicodeDecodeError) -> DataError:
    """The error of a file that does not keep the encoding that its byte order mark names."""
    return DataError(f"{path} is damaged: its first bytes say {error.encoding}, byte {error.start} does not fit that.")


def _read_text(path: Path, guess_encoding: bool) -> tuple[str, str]:
    """The file as text, and its encoding; a byte that is not UTF-8 becomes a lone surrogate."""
    try:
        text, encoding = decode(path.read_bytes(), guess_encoding)
    except UnicodeDecodeError as error:
        raise damaged_text(path, error) from None
    if not text.strip():
        raise DataError(f"{path} is empty; expected rows with a dialogue and a summary.")
    return text, encoding


def _read_tables(path: Path, text: str, split: str | None) -> list[Table]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return read_json(path, text, split)
    if suffix in JSON_LINES:
        return [read_lines(path.name, text, split)]
    return [read_delimited(path.name, text, split)]
