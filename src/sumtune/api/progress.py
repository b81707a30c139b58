"""Where the progress of a function is shown."""

import io
from collections.abc import Callable

from rich.console import Console

from sumtune.terminal.console import plain_console

__all__ = ["Progress", "console_of"]

Progress = bool | Callable[[str], object]
"""True shows the progress as the commands do, False shows nothing; a function is called with each line."""
WIDTH = 120
"""Characters after which a line for a function is wrapped, unless it is a message."""


def console_of(progress: Progress) -> Console:
    """Return the console on which commands show their progress.

    >>> console_of(print).print("Step 10/20", "| Loss: 1.20")
    Step 10/20 | Loss: 1.20
    """
    if callable(progress):
        return plain_console(file=_Lines(progress), width=WIDTH, force_terminal=False, force_jupyter=False)
    return plain_console(quiet=not progress)


class _Lines(io.TextIOBase):
    """A text file that passes each whole line to a function."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell, self._begun = tell, ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._tell(line.rstrip())
        return len(text)
