"""Status of a long step that cannot show progress."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

__all__ = ["status"]


@contextmanager
def status(console: Console, step: str) -> Iterator[None]:
    """Show `step` until the context ends: beside a spinner on a terminal, as a line in a log."""
    if console.is_terminal:
        with console.status(step):
            yield
    else:
        console.print(f"{step} …")
        yield
