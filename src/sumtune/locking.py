"""One process at a time writes to a run folder."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sumtune.errors import RunDirError

__all__ = ["locked"]

LOCK, OWNER = ".lock", ".lock-owner.json"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process until the end of the context. The system frees the lock of one that died.

    Raises:
        RunDirError: another process holds it; the message names process and host.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunDirError(
            f"{folder} is being written by {_owner(folder)}: wait for it, or give --run-dir another folder."
        ) from None
    try:
        owner = {"process": os.getpid(), "host": socket.gethostname()}
        (folder / OWNER).write_text(json.dumps(owner), encoding="utf-8")
        yield
    finally:
        (folder / OWNER).unlink(missing_ok=True)
        lock.release()


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        return f"process {owner['process']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
