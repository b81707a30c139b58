"""Changed settings for the terminal."""

from collections.abc import Mapping
from typing import Any

__all__ = ["show_changes"]


def show_changes(changes: Mapping[str, tuple[Any, Any]]) -> str:
    """Return the old and the new value of each setting.

    >>> show_changes({"decode.beams": (4, 1), "decode.engine": ("auto", "torch")})
    'decode.beams: 4 → 1, decode.engine: auto → torch'
    """
    return ", ".join(f"{key}: {old} → {new}" for key, (old, new) in changes.items())
