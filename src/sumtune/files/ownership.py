"""Owner and permissions of a file, checked before its content runs as code."""

import os
from pathlib import Path

__all__ = ["is_ours"]

PACKAGE = Path(__file__)
GROUP_OR_OTHERS = 0o022
"""Write permission of group and others."""


def is_ours(path: Path) -> bool:
    """Return whether only this user, root and the owner of this package can write the file or folder `path`.

    These users can run code here anyway. A link is never ours, because somebody else may own its target.
    """
    if os.name == "nt":
        return True  # other users cannot write to a user profile there
    status = path.lstat()
    trusted = {os.geteuid(), 0, PACKAGE.stat().st_uid}
    return status.st_uid in trusted and not path.is_symlink() and not status.st_mode & GROUP_OR_OTHERS
