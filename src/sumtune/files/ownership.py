"""Who can have written a file: asked before its content is run as code."""

import os
from pathlib import Path

__all__ = ["is_ours"]

PACKAGE = Path(__file__)
GROUP_OR_OTHERS = 0o022
"""Permission of anybody but the owner to write."""


def is_ours(path: Path) -> bool:
    """Return whether nobody but this user and those whose code runs already can write `path`, a file or a folder.

    These are root and the owner of this package. A link is never ours: others may own what it leads to.
    """
    if os.name == "nt":
        return True  # profiles of other users cannot be written there
    status = path.lstat()
    trusted = {os.geteuid(), 0, PACKAGE.stat().st_uid}
    return status.st_uid in trusted and not path.is_symlink() and not status.st_mode & GROUP_OR_OTHERS
