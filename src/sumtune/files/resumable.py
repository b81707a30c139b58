"""A file of lines that is written over a long time and can be continued after an interruption."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from sumtune.errors import InputError
from sumtune.files.atomic import sync_folder

__all__ = ["ResumableLines", "delete_unfinished", "resumable_lines"]


@contextmanager
def resumable_lines(target: Path, made_from: str) -> Iterator["ResumableLines"]:
    """Hold `target` for this process and yield the lines that will become it.

    A link is kept and its target is replaced; an existing file keeps its mode. `made_from` is a fingerprint of all that
    the lines depend on, so lines from another input or model are never continued.

    Raises:
        InputError: `target` is not a regular file, cannot be replaced, or is being written by another process.
    """
    final, mode = _regular_file(target)
    lock_file = final.with_name(f".{final.name}.lock")
    lock = FileLock(lock_file)
    with _writing(target):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not lock_file.exists():  # filelock waits for a file that cannot be created, too
                raise InputError(
                    f"{target} cannot be written: no file can be created in {final.parent}; give --output another name."
                ) from None
            raise InputError(
                f"{target} is being written by another process: wait for it, or give --output another name."
            ) from None
    try:
        lines = ResumableLines(final, made_from, mode)
        try:
            yield lines
        finally:
            lines.drop_if_empty()
    finally:
        with suppress(OSError):  # Windows does not delete open files
            lock_file.unlink()
        lock.release()


class ResumableLines:
    """Lines in a hidden file beside `target`, which replaces `target` when it is complete.

    The name of the hidden file holds the first characters of `made_from`.
    """

    def __init__(self, target: Path, made_from: str, mode: int | None) -> None:
        """`mode` holds the permissions of the file that is replaced; None gives a new file what the umask allows."""
        self._target = target
        self._part = target.with_name(f".{target.name}.{made_from[:12]}.part")
        with _writing(target):
            self._create(mode)
            self.done = self._count_whole_lines()
        """Number of lines that earlier calls wrote."""

    def append(self, lines: Iterable[str]) -> None:
        """Add lines, given without line breaks, and return when they are on the disk."""
        with _writing(self._target), self._part.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[str]:
        """Return the lines so far, without line breaks."""
        return self._part.read_text(encoding="utf-8").split("\n")[:-1]

    def finish(self, expected: int) -> None:
        """Rename the file to `target`, and delete files that interrupted runs with other inputs left beside it.

        Raises:
            InputError: the file does not have `expected` lines; `target` is unchanged.
        """
        with _writing(self._target):
            if (found := self._count_whole_lines()) != expected:
                raise InputError(
                    f"{self._part} holds {found} lines, expected {expected}: this file or the input has changed. "
                    "Delete it and run the command again."
                )
            self._part.replace(self._target)
            delete_unfinished(self._target)
            sync_folder(self._target.parent)

    def drop_if_empty(self) -> None:
        """Delete the hidden file if it is empty."""
        if self._part.exists() and self._part.stat().st_size == 0:
            self._part.unlink()

    def _create(self, mode: int | None) -> None:
        """Create the hidden file, never readable by more users than `target`."""
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666 if mode is None else 0o600)
        os.close(descriptor)
        if mode is not None:
            self._part.chmod(mode)

    def _count_whole_lines(self) -> int:
        """Return the number of complete lines, and remove an incomplete last line. Reads one line at a time."""
        count = size = 0
        with self._part.open("rb+") as file:
            for line in file:
                if line.endswith(b"\n"):
                    count += 1
                    size += len(line)
            file.truncate(size)
        return count


def delete_unfinished(target: Path) -> None:
    """Delete the hidden files that interrupted runs left beside `target`."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????????.part"):
        left.unlink(missing_ok=True)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"Cannot write {target}: {error.strerror or type(error).__name__}.") from None


def _regular_file(target: Path) -> tuple[Path, int | None]:
    """Return the file that `target` names, with links resolved, and its permissions; None for a new file.

    Raises:
        InputError: it is a folder, a device or a pipe, is write-protected, or lies in a folder that does not exist.
    """
    try:
        final, status = target.resolve(), _status(target)
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
        raise InputError(f"Cannot write {target}: {getattr(error, 'strerror', None) or error}.") from None
    if not final.parent.is_dir():
        raise InputError(f"There is no folder {str(final.parent)!r} for the output.")
    if status is None:
        return final, None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"--output {str(target)!r} is {_kind(status.st_mode)}: expected the name of a file.")
    if not os.access(final, os.W_OK):
        raise InputError(f"{target} is write-protected: give --output another name, or make it writable.")
    return final, stat.S_IMODE(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "no file"
