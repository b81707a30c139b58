"""Versions of installed packages."""

from functools import cache
from importlib import metadata

__all__ = ["version"]


@cache
def version(package: str) -> str:
    """Return the version of `package`; its metadata are read once, as that takes milliseconds.

    Raises:
        importlib.metadata.PackageNotFoundError: the package is not installed.
    """
    return metadata.version(package)
