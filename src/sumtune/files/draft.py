"""Data of a new run, prepared beside the old data, so that a refused run changes nothing in its folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sumtune.files.atomic import sync_folder
from sumtune.files.failpoints import failpoint
from sumtune.files.run_dir import RunDir

__all__ = ["adopt", "copy_data", "drafted"]

DRAFTS = ".draft"
FOLDERS = ("data_ingestion", "data_validation", "data_transformation")


@contextmanager
def drafted(run_dir: RunDir) -> Iterator[RunDir]:
    """Yield `run_dir` with copies of its data folders for the data stages; they are deleted when the context ends.

    The copies are hard links if the file system has them: stages replace files and never write into them.
    """
    drafts = run_dir.root / DRAFTS
    shutil.rmtree(drafts, ignore_errors=True)  # left by a killed run
    try:
        copy_data(run_dir.root, drafts)
        yield RunDir(run_dir.root, drafts)
    finally:
        shutil.rmtree(drafts, ignore_errors=True)


def copy_data(source: Path, target: Path) -> None:
    """Copy the data folders that `source` has and `target` lacks; stages repeat a copy that was interrupted."""
    for name in FOLDERS:
        if (source / name).is_dir() and not (target / name).exists():
            shutil.copytree(source / name, target / name, copy_function=_link)


def adopt(draft: RunDir) -> None:
    """Replace each data folder of the run folder that differs from the one in `draft`."""
    assert draft.drafts is not None
    for name in FOLDERS:
        new, old = draft.drafts / name, draft.root / name
        if new.is_dir() and not _same_files(new, old):
            if old.exists():
                shutil.rmtree(old)
            failpoint("draft.removed")
            new.replace(old)
            failpoint("draft.adopted")
    sync_folder(draft.root)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _same_files(new: Path, old: Path) -> bool:
    """Return whether both folders hold hard links to the same files."""
    names = [{file.name for file in folder.iterdir()} if folder.is_dir() else set() for folder in (new, old)]
    return names[0] == names[1] and all((new / name).samefile(old / name) for name in names[0])
