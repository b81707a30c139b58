"""Folders that a client names: they stay below one root, and nothing outside it is looked at."""

import os
from pathlib import Path

from sumtune.errors import SumtuneError

__all__ = ["OutsideRootError", "resolve_inside"]


class OutsideRootError(SumtuneError):
    """A folder is not below the root. The message does not depend on what exists outside."""

    def __init__(self) -> None:
        super().__init__(
            "The folder must lie in the one that --adapter-root names, with regular files only and no link out of it."
        )


def resolve_inside(root: Path, named: str) -> Path:
    """Return the folder `named` (relative to `root`, or absolute) with all links resolved.

    Raises:
        OutsideRootError: the folder, or a link in it, leads out of `root`, or it holds what is neither file nor folder.
    """
    resolved_root = root.resolve()
    folder = resolved_root
    try:
        for part in _parts_below((root.absolute(), resolved_root), Path(named)):
            folder = _inside(resolved_root, folder / part)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                entry = _inside(resolved_root, Path(parent, name))
                if not entry.is_dir() and not entry.is_file():  # opening a pipe would wait forever
                    raise OutsideRootError
    except (OSError, RuntimeError):  # a loop of links, a name that is too long
        raise OutsideRootError from None
    return folder


def _parts_below(roots: tuple[Path, ...], named: Path) -> tuple[str, ...]:
    """Names on the way from the root to `named`. `..` is refused: where it leads depends on links outside."""
    if ".." in named.parts:
        raise OutsideRootError
    if not named.is_absolute():
        return named.parts
    for root in roots:
        if named.is_relative_to(root):
            return named.relative_to(root).parts
    raise OutsideRootError


def _inside(root: Path, path: Path) -> Path:
    resolved = path.resolve()
    if not resolved.is_relative_to(root):
        raise OutsideRootError
    return resolved
