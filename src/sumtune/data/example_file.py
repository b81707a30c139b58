"""Examples in a file of JSON lines, read one at a time, so that their number hardly matters for memory."""

import json
import tempfile
import weakref
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import Example, dump_jsonl, text_hash
from sumtune.errors import RunDirError

__all__ = ["ExampleFile", "Some", "Summaries", "collect", "fingerprints", "load_jsonl", "take"]

STARTS = np.dtype([("start", "<i8")])
FACTS = np.dtype(
    [*STARTS.descr, ("row", "<i8"), ("file", "<i4"), ("style", "<i4"), ("dialogue", "S16"), ("summary", "S16"),
     ("is_longer", "?")]
)  # fmt: skip
"""What is known of an example without reading it: where its line starts, in bytes; its row, and the numbers of its file
and style; the first 16 bytes of `Example.fingerprint` and of the same hash of its summary; whether the summary has more
characters than the dialogue."""
PACKED = Struct("<qqii16s16s?")


class _Lines:
    """A file that is closed when nothing refers to it any more."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        weakref.finalize(self, file.close)

    def at(self, start: int) -> bytes:
        """Return the line that starts at byte `start`."""
        self.file.seek(start)
        return self.file.readline()


class ExampleFile(Sequence[Example]):
    """Examples whose texts stay in their file until they are asked for. A slice is a view of the same file."""

    def __init__(
        self, lines: _Lines, table: NDArray[np.void], files: Sequence[str] = (), rows: NDArray[np.intp] | None = None
    ) -> None:
        """Use the lines of a file written with `dump_jsonl`. `table` has one of STARTS or of FACTS for each of them.

        `files` are the names of the files that `table` numbers, and `rows` the examples of the view: all if it is None.
        """
        self._lines = lines
        self._table = table
        self._rows = np.arange(len(table)) if rows is None else rows
        self.files = files

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> "ExampleFile": ...
    def __getitem__(self, at: int | slice) -> "Example | ExampleFile":
        if isinstance(at, slice):
            return ExampleFile(self._lines, self._table, self.files, self._rows[at])
        return _parse(self._lines.at(int(self._table["start"][self._rows[at]])))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    @property
    def has_facts(self) -> bool:
        """Whether `facts` knows more than where the lines start."""
        return self._table.dtype == FACTS

    def facts(self, name: str) -> NDArray[Any]:
        """Return the values of a column of FACTS."""
        return np.asarray(self._table[name][self._rows])

    def take(self, positions: NDArray[Any]) -> "ExampleFile":
        """Return the examples at `positions`, or those where `positions` is True, in this order."""
        return ExampleFile(self._lines, self._table, self.files, self._rows[positions])

    def place(self, at: int) -> tuple[str, int]:
        """Return file and row of an example."""
        row = self._table[self._rows[at]]
        return self.files[row["file"]], int(row["row"])

    def write(self, path: Path) -> None:
        """Write the examples to `path`, in the format of `dump_jsonl`."""
        with path.open("wb") as file:
            file.writelines(self._lines.at(int(self._table["start"][row])) for row in self._rows)


Some = TypeVar("Some", list[Example], ExampleFile)
"""Examples in memory, or in a file."""


def collect(examples: Iterable[Example]) -> ExampleFile:
    """Return `examples` in a temporary file, with their facts."""
    file, packed = tempfile.TemporaryFile(), bytearray()  # noqa: SIM115 - `_Lines` closes it
    lines = _Lines(file)
    files: dict[str, int] = {}
    styles: dict[str, int] = {}
    start = 0
    for one in examples:
        dialogue, summary = text_hash(one.dialogue), text_hash(one.summary)
        numbers = files.setdefault(one.file, len(files)), styles.setdefault(one.style, len(styles))
        packed += PACKED.pack(start, one.row, *numbers, dialogue, summary, len(one.summary) > len(one.dialogue))
        start += file.write(dump_jsonl([one]).encode())
    return ExampleFile(lines, np.frombuffer(packed, FACTS), tuple(files))


def load_jsonl(path: Path) -> ExampleFile:
    """Return the examples in a file written with `dump_jsonl`, after a check of each.

    Raises:
        RunDirError: the file cannot be read, or a line is not an example.
    """
    try:
        lines, starts, start = _Lines(path.open("rb")), array("q"), 0
        for line in lines.file:
            starts.append(start)
            start += len(line)
            if tuple(map(type, vars(_parse(line)).values())) != (str, str, str, str, int, str):
                raise RunDirError(f"{path} is damaged: a value of an example has the wrong type.")
    except OSError as error:
        raise RunDirError(f"Cannot read {path}: {error.strerror}.") from None
    except (ValueError, TypeError, RecursionError):
        raise RunDirError(f"{path} is damaged: one of its lines is not an example.") from None
    return ExampleFile(lines, np.frombuffer(starts, STARTS))


def _parse(line: bytes) -> Example:
    return Example(**json.loads(line.decode()))


class Summaries(Collection[str]):
    """The summaries of `examples`, which each iteration reads from them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[str]:
        return (example.summary for example in self._examples)

    def __contains__(self, summary: object) -> bool:
        return any(one == summary for one in self)


def fingerprints(examples: Sequence[Example]) -> NDArray[np.bytes_]:
    """Return the first bytes of `Example.fingerprint` of each example."""
    if isinstance(examples, ExampleFile) and examples.has_facts:
        return examples.facts("dialogue")
    prints = (text_hash(one.dialogue)[:16] for one in examples)
    return np.fromiter(prints, FACTS["dialogue"], len(examples))


def take(examples: Some, positions: NDArray[np.intp]) -> Some:
    """Return the examples at `positions`, in this order."""
    return examples.take(positions) if isinstance(examples, ExampleFile) else [examples[at] for at in positions]
