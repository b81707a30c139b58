"""The console for all output."""

from typing import Any

from rich.console import Console

__all__ = ["plain_console"]


def plain_console(**options: Any) -> Console:
    """Return a console that prints text unchanged: `[x]` in a path or dialogue is not markup, `:x:` not an emoji."""
    return Console(markup=False, emoji=False, highlight=False, **options)
