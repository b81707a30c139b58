"""Lock of a run folder: one process at a time writes to it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from sumtune.errors import RunDirError

__all__ = ["is_locked", "locked"]

LOCK, OWNER = ".lock", ".lock-owner.json"


@contextmanager
def locked(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock of `folder` until the context ends. The system releases the lock of a process that dies.

    If another process holds it, wait up to `wait_s` seconds.

    Raises:
        RunDirError: another process holds the lock (the message names process and host), or `folder` is not writable.
    """
    missing: list[Path] = []
    new, lock = False, FileLock(folder / LOCK)
    try:
        try:
            missing += [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            new = not (folder / LOCK).exists()
            lock.acquire(timeout=wait_s)
            owner = {"process": os.getpid(), "host": socket.gethostname()}
            (folder / OWNER).write_text(json.dumps(owner), encoding="utf-8")
        except OSError as error:
            raise _unusable(folder, error) from None
        yield
    except BaseException:
        if new and lock.is_locked:
            (folder / LOCK).unlink(missing_ok=True)  # a refused run leaves nothing behind
        raise
    finally:
        if lock.is_locked:
            (folder / OWNER).unlink(missing_ok=True)
        lock.release()
        for path in missing:
            with suppress(OSError):  # the folder is not empty
                path.rmdir()


def is_locked(folder: Path) -> bool:
    """Return whether a process on this machine is writing to `folder`."""
    if not (folder / OWNER).is_file():  # there is one while the lock is held, and after its process was killed
        return False
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # a folder of somebody else
        return False
    lock.release()
    return False


def _unusable(folder: Path, error: OSError) -> RunDirError:
    """Return the error for a `folder` that cannot be locked; filelock's Timeout is an OSError, too."""
    if isinstance(error, Timeout):
        return RunDirError(
            f"{folder} is being written by {_owner(folder)}: wait for it, or give --run-dir another folder."
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return RunDirError(f"{folder} is a file or lies below a file: give --run-dir a folder.")
    return RunDirError(f"{folder} cannot be written to ({error.strerror}): give --run-dir another folder.")


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        return f"process {owner['process']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
