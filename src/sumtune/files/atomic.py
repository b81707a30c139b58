"""Files and folders that appear complete or not at all, even after a power cut.

Two writers must not write the same path: a writer holds the lock of the run folder or of the cache entry.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sumtune.files.failpoints import failpoint

__all__ = [
    "new_file",
    "new_folder",
    "sync_file",
    "sync_folder",
    "sync_tree",
    "update_text",
    "write_bytes",
    "write_json",
    "write_text",
]


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`; a reader sees the old file or the whole new one."""
    write_bytes(path, text.encode())


def update_text(path: Path, text: str) -> None:
    """Write `text` to `path` as `write_text` does, unless it is already there."""
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`; a reader sees the old file or the whole new one."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON; a reader sees the old file or the whole new one."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def new_file(final: Path) -> Iterator[Path]:
    """Yield a temporary path beside `final`; what the block writes there becomes `final` when the block ends.

    The content is on the disk before the rename. If the block raises, nothing changes.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.tmp")
    try:
        failpoint("file.begun")
        yield temporary
        sync_file(temporary)
        failpoint("file.whole")
        temporary.replace(final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(final.parent)
    failpoint("file.renamed")


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """Yield an empty folder beside `final`; it becomes `final` when the block ends, in place of an older one.

    All files in it are on the disk before the rename. If the block raises, nothing changes. After a crash between the
    removal of the old folder and the rename, `final` is missing: it is never a mixture of both.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        failpoint("folder.begun")
        yield temporary
        sync_tree(temporary)
        failpoint("folder.whole")
        if final.exists():
            shutil.rmtree(final)
        failpoint("folder.removed")
        temporary.replace(final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(final.parent)
    failpoint("folder.renamed")


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable; does nothing where folders cannot be opened (Windows)."""
    if os.name != "nt":
        sync_file(folder)


def sync_tree(folder: Path) -> None:
    """Return when `folder` and all that it contains is on the disk."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            sync_file(path)
    sync_folder(folder)


def sync_file(path: Path) -> None:
    """Return when the content of `path` is on the disk."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
