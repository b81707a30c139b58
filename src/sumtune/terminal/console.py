"""The console that everything is printed to."""

from typing import Any

from rich.console import Console

__all__ = ["plain_console"]


def plain_console(**options: Any) -> Console:
    """A console that prints text as it is: `[x]` in a path, an id or a dialogue is no markup, and `:x:` no emoji."""
    return Console(markup=False, emoji=False, highlight=False, **options)
