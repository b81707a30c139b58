"""Import nltk without SciPy."""

import sys

__all__ = ["import_nltk"]

UNUSED = ("scipy", "scipy.stats")
"""Modules of SciPy that nltk imports if they are installed, for functions that nothing here calls."""


def import_nltk() -> None:
    """Import nltk without `UNUSED`, which take longer than nltk itself, unless they have been imported already."""
    if "nltk" in sys.modules:
        return
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import nltk  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]
