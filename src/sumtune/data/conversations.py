"""Read the dialogues to summarize from a file, in the same way as training."""

import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sumtune.data.columns import find_dialogue
from sumtune.data.dialogue import as_text, is_unicode, text_columns
from sumtune.data.encoding import LEGACY, detect, open_text
from sumtune.data.file_kind import HEAD_BYTES, file_kind
from sumtune.data.formats.recognize import SAMPLED_ROWS
from sumtune.data.formatted import DIALOGUE, RowFormat, apply_format, are_messages, find_format, require_conversations
from sumtune.data.issues import Issue, legacy_encoding, raise_first_error, undecodable
from sumtune.data.json_rows import dump_row, json_lines
from sumtune.data.readers import damaged_text, read_file
from sumtune.data.row_checks import check_text
from sumtune.data.table import Table, Values
from sumtune.errors import DataError

__all__ = ["Conversation", "Conversations", "open_conversations"]

Rows = Iterable[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True)
class Conversation:
    """A row of a file, and its dialogue as text in the form used in training."""

    place: str
    """File and row, for messages."""
    row: Mapping[str, Any]
    dialogue: str


@dataclass(frozen=True)
class _Source:
    """The rows of a file, or of one split of it, and the column that holds the dialogue."""

    file: str
    column: str
    rows: Rows


@dataclass(frozen=True)
class Conversations:
    """The conversations of a file, in order. Can be iterated several times."""

    sources: tuple[_Source, ...]
    warnings: tuple[Issue, ...]

    def __iter__(self) -> Iterator[Conversation]:
        """Read the conversations.

        Raises:
            DataError: a row has no dialogue, or an unpaired surrogate.
        """
        for source in self.sources:
            for number, row in source.rows:
                yield _conversation(source, number, row)


def open_conversations(path: Path, given: str | None = None, learned: str | None = None) -> Conversations:
    """Return the conversations of a CSV, JSON, JSONL or Parquet file. JSONL is read line by line.

    The dialogue column is `given`, otherwise `learned` (the one that the model was tuned with) or a known one.

    Raises:
        DataError: the file or one of its rows cannot be read, or there is no dialogue column.
    """
    _require_file(path)
    chosen = given or learned
    if _is_json_lines(path):
        return _open_lines(path, given, learned)
    tables = read_file(path, guess_encoding=True, every_column=True)
    if not any(chosen in table.columns for table in tables):
        tables = [apply_format(table) for table in tables]
    issues = [issue for table in tables for issue in table.issues]
    raise_first_error(issues)
    sources = [_source(table, given, learned) for table in tables if table.rows]
    return Conversations(tuple(sources), tuple(issue for issue in issues if issue.severity == "warning"))


def _source(table: Table, given: str | None, learned: str | None) -> _Source:
    candidates = text_columns(table.columns, table.values)
    column = find_dialogue(table.file, table.columns, given, learned, candidates=candidates)
    return _Source(table.file, column, table.rows)


def _open_lines(path: Path, given: str | None, learned: str | None) -> Conversations:
    lines = _Lines(path)
    columns = dict.fromkeys(key for _, row in lines for key in row)
    if not columns:
        return Conversations((), lines.warnings)
    is_chosen = (given or learned) in columns
    first = [row for row, _ in zip((row for _, row in lines), range(SAMPLED_ROWS), strict=False)]
    if not is_chosen and are_messages(first):
        raise DataError(
            f"{path} holds a message in each line: `sumtune convert FILE --output chats.jsonl` makes a conversation "
            "of them, which --input reads."
        )
    row_format = None if is_chosen else find_format(Values(lines))
    if row_format is not None:
        return Conversations(
            (_Source(path.name, DIALOGUE, _FormattedRows(path.name, lines, row_format)),), lines.warnings
        )
    if not is_chosen:
        require_conversations(path.name, first)
    candidates = text_columns(list(columns), first)
    column = find_dialogue(path.name, list(columns), given, learned, candidates=candidates)
    return Conversations((_Source(path.name, column, lines),), lines.warnings)


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from None
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is not a file: write its content to a file and pass that.")


@dataclass(frozen=True)
class _FormattedRows:
    """The rows of `lines` with a dialogue. Can be iterated several times."""

    file: str
    lines: "_Lines"
    row_format: RowFormat

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, row in self.lines:
            found = self.row_format.read(row)
            if found is None:
                raise DataError(f"{self.file}:{number}: it is not {self.row_format.format.name}, unlike the others.")
            yield from ((number, one) for one in found)


def _is_json_lines(path: Path) -> bool:
    with _opened(path) as stream:
        return file_kind(str(path), path.name, stream.read(HEAD_BYTES)) == "json lines"


class _Lines:
    """The rows of a JSONL file. Each iteration reads the file again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _opened(path) as stream:
            self._encoding = detect(stream, guess=True)

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """A warning if the encoding was guessed."""
        return (legacy_encoding(self._path.name),) if self._encoding == LEGACY else ()

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with _opened(self._path) as stream, open_text(stream, self._encoding) as lines:
            for row, value in json_lines(self._path.name, lines):
                if isinstance(value, Issue):
                    raise_first_error([value])
                else:
                    yield row, value


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or type(error).__name__}.") from None
    except UnicodeDecodeError as error:
        raise damaged_text(path, error) from None


def _conversation(source: _Source, number: int, row: Mapping[str, Any]) -> Conversation:
    dialogue = as_text(row.get(source.column))
    raise_first_error(check_text("dialogue", dialogue, source.file, number))
    if not is_unicode(dump_row(row)):
        raise_first_error([undecodable(source.file, number, "the row")])
    return Conversation(f"{source.file}:{number}", row, dialogue or "")
