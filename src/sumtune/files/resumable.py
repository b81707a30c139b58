"""A file of lines that is written over a long time, and gone on with after an interruption."""

import os
from collections.abc import Iterable
from pathlib import Path

from sumtune.files.atomic import sync_folder

__all__ = ["ResumableLines"]


class ResumableLines:
    """Grows in a hidden file beside `target` and becomes it when it is whole; until then an old `target` stays.

    The hidden file's name holds `made_from`, a fingerprint of all that its lines depend on: lines of another input or
    another model are never gone on with.
    """

    def __init__(self, target: Path, made_from: str) -> None:
        self._target = target
        self._part = target.with_name(f".{target.name}.{made_from[:12]}.part")
        self.done = self._count_whole_lines()
        """Lines that are there already."""

    def append(self, lines: Iterable[str]) -> None:
        """Adds lines, given without their ends; they are on the disk when this returns."""
        with self._part.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Makes the file `target`, and deletes what interrupted runs with other inputs left beside it."""
        self._part.replace(self._target)
        for left in self._target.parent.glob(f".{self._target.name}.????????????.part"):
            left.unlink(missing_ok=True)
        sync_folder(self._target.parent)

    def _count_whole_lines(self) -> int:
        """Lines that were written whole; half a line at the end is cut off. Reads one line at a time."""
        if not self._part.exists():
            return 0
        count = size = 0
        with self._part.open("rb+") as file:
            for line in file:
                if line.endswith(b"\n"):
                    count += 1
                    size += len(line)
            file.truncate(size)
        return count
