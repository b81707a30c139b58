"""The cache folder, and a private temporary folder for machines without a writable one."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from sumtune.errors import ConfigError

__all__ = ["CACHE", "cache_dir", "private_dir"]

CACHE = "SUMTUNE_CACHE"
"""Environment variable that names the cache folder."""


def cache_dir() -> Path:
    """Return `$SUMTUNE_CACHE` or, if that is not set, the user's cache folder.

    On Linux this is `$XDG_CACHE_HOME/sumtune` or `~/.cache/sumtune`. A user without a home folder gets `private_dir`.

    Raises:
        ConfigError: `$SUMTUNE_CACHE` begins with `~`, but that home folder does not exist.
    """
    if chosen := os.environ.get(CACHE):
        try:
            return Path(chosen).expanduser().absolute()
        except RuntimeError:
            raise ConfigError(f"{CACHE}={chosen}: there is no such home folder; give an absolute path.") from None
    try:
        folder = user_cache_path("sumtune", appauthor=False)
    except RuntimeError:  # older versions of platformdirs return a relative path
        return private_dir()
    return folder if folder.is_absolute() else private_dir()


@cache
def private_dir() -> Path:
    """Return a temporary folder that only this user can enter; it is deleted when the process ends.

    Raises:
        ConfigError: no temporary folder is writable either.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="sumtune-"))
    except OSError as error:
        raise ConfigError(
            f"Neither the cache nor a temporary folder can be written ({error.strerror or error}): set {CACHE} to a "
            "folder that you can write to."
        ) from None
    atexit.register(_delete, folder, os.getpid())
    return folder


def _delete(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # also called in forked processes
        shutil.rmtree(folder, ignore_errors=True)
