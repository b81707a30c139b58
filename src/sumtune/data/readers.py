"""Read data files of any format as tables, in the same way for training and inference."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sumtune.data.archive import Archive, gunzip
from sumtune.data.arrow import read_arrow, read_parquet
from sumtune.data.content import Content, Text
from sumtune.data.delimited import read_delimited
from sumtune.data.encoding import LEGACY
from sumtune.data.excel import read_excel
from sumtune.data.file_kind import HEAD_BYTES, FileKind, file_kind
from sumtune.data.folder import assign_splits
from sumtune.data.issues import empty_file, legacy_encoding
from sumtune.data.json_rows import read_json, read_lines
from sumtune.data.plain_rows import table_of_lines
from sumtune.data.slack_export_folder import is_slack_export, read_slack_export
from sumtune.data.table import Table
from sumtune.data.text_exports import read_text_export
from sumtune.errors import DataError

__all__ = ["damaged_text", "read_file"]


@dataclass(frozen=True)
class _File:
    """A file, perhaps a member of an archive."""

    place: str
    """Path of the file, for errors about the whole file."""
    name: str
    """Name of the file in messages about rows."""
    content: Content
    split: str | None


@dataclass(frozen=True)
class _Options:
    guess_encoding: bool
    every_column: bool
    plain: bool


def read_file(
    path: Path,
    split: str | None = None,
    *,
    name: str | None = None,
    guess_encoding: bool = False,
    every_column: bool = False,
    plain: bool = False,
) -> list[Table]:
    """Return the tables of one file, one for each split that it holds. Messages about rows call the file `name`.

    With `guess_encoding`, text that is not UTF-8 may be read as Windows-1252, with a warning, instead of making its
    rows undecodable. CSV is always read in this way, because Excel writes Windows-1252. With `every_column`, all values
    of a Parquet file are read, including those that cannot be text. With `plain`, the lines of a text, and lists of
    texts or columns in JSON, are rows.

    Raises:
        DataError: the file is empty, of an unknown format, or cannot be read.
    """
    options = _Options(guess_encoding, every_column, plain)
    return list(_tables(_File(str(path), name or path.name, Content(path), split), options))


def damaged_text(place: object, error: UnicodeDecodeError) -> DataError:
    """Return the error for a file that does not have the encoding that its byte order mark says."""
    return DataError(f"{place} is damaged: it begins like {error.encoding}, but byte {error.start} is not valid in it.")


def _tables(file: _File, options: _Options) -> Iterator[Table]:
    head = file.content.read(HEAD_BYTES)
    if not head:
        raise empty_file(file.place)
    kind = file_kind(file.place, file.name, head)
    if kind == "gzip":
        name = file.name[:-3] if file.name.lower().endswith(".gz") else file.name
        yield from _tables(replace(file, name=name, content=Content(gunzip(file.place, file.content.read()))), options)
    elif kind == "zip":
        yield from _tables_of_archive(file, options)
    elif kind == "parquet":
        yield read_parquet(file.place, file.name, file.content, file.split, options.every_column)
    elif kind == "arrow":
        yield read_arrow(file.place, file.name, file.content, file.split, options.every_column)
    else:
        yield from _tables_of_text(file, kind, options)


def _tables_of_archive(file: _File, options: _Options) -> Iterator[Table]:
    content = file.content.read()
    archive = Archive(file.place, content)
    if archive.is_excel:
        yield from read_excel(file.place, file.name, content, file.split)
        return
    paths = archive.data_files
    if is_slack_export(paths):
        yield read_slack_export(file.place, file.name, paths, archive.read)
        return
    texts = [] if paths else archive.text_files
    for path, split in [(text, None) for text in texts] or assign_splits(file.place, paths):
        member = _File(f"{file.place}/{path}", f"{file.name}/{path}", Content(archive.read(path)), split or file.split)
        yield from _tables(member, options)


def _tables_of_text(file: _File, kind: FileKind, options: _Options) -> Iterator[Table]:
    try:
        text = Text.of(file.content, options.guess_encoding or kind == "delimited")
    except UnicodeDecodeError as error:
        raise damaged_text(file.place, error) from None
    if text.is_blank():
        raise empty_file(file.place)
    if kind == "json":
        tables = read_json(file.place, file.name, text.read(), file.split, options.plain)
    elif kind == "json lines":
        tables = [read_lines(file.name, text, file.split)]
    elif kind == "delimited":
        tables = [read_delimited(file.name, text, file.split)]
    elif options.plain:
        tables = [table_of_lines(file.name, text.read(), file.split)]
    else:
        tables = [read_text_export(file.place, file.name, text.read(), file.split)]
    if text.encoding == LEGACY:
        tables[0] = tables[0].with_issues(legacy_encoding(file.name))
    yield from tables
