"""Resolve folder names from clients. The result is always inside one root folder."""

import os
from pathlib import Path

from sumtune.errors import SumtuneError

__all__ = ["OutsideRootError", "resolve_inside"]


class OutsideRootError(SumtuneError):
    """The folder is outside the root. The message does not reveal what exists there."""

    def __init__(self) -> None:
        super().__init__(
            "The folder must be inside --adapter-root and contain only regular files and no links to the outside."
        )


def resolve_inside(root: Path, name: str) -> Path:
    """Return the folder `name` (relative to `root`, or absolute) with all links resolved.

    Raises:
        OutsideRootError: the folder or a link in it leads out of `root`, or it contains a special file.
    """
    resolved_root = root.resolve()
    folder = resolved_root
    try:
        for part in _parts_below((root.absolute(), resolved_root), Path(name)):
            folder = _inside(resolved_root, folder / part)
        for parent, folders, files in os.walk(folder):
            for entry_name in (*folders, *files):
                entry = _inside(resolved_root, Path(parent, entry_name))
                if not entry.is_dir() and not entry.is_file():  # opening a pipe would block
                    raise OutsideRootError
    except (OSError, RuntimeError):  # a symlink loop, or a name that is too long
        raise OutsideRootError from None
    return folder


def _parts_below(roots: tuple[Path, ...], path: Path) -> tuple[str, ...]:
    """Return the path components below the root. `..` is refused: its target may depend on links outside."""
    if ".." in path.parts:
        raise OutsideRootError
    if not path.is_absolute():
        return path.parts
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).parts
    raise OutsideRootError


def _inside(root: Path, path: Path) -> Path:
    resolved = path.resolve()
    if not resolved.is_relative_to(root):
        raise OutsideRootError
    return resolved
