"""Tables and lines for a terminal and for a notebook."""

import io
from collections.abc import Callable
from functools import partial

from rich.console import Console, RenderableType

from sumtune.terminal.console import plain_console

__all__ = ["Report"]

WIDTH = 110
"""Characters in a row of a table; lines of text are longer."""
TABLE = '<pre style="line-height: 1.3; overflow-x: auto">{code}</pre>'
TEXT = '<pre style="line-height: 1.3; margin: 0; white-space: pre-wrap">{code}</pre>'


class Report:
    """What a command prints: text with `str`, and HTML in a notebook.

    >>> print(Report("ROUGE-1 of <b>: 0.5"))
    ROUGE-1 of <b>: 0.5
    >>> "&lt;b&gt;" in Report("ROUGE-1 of <b>: 0.5")._repr_html_()
    True
    """

    def __init__(self, *parts: RenderableType) -> None:
        self._parts = parts

    def __str__(self) -> str:
        texts = [_rendered(part, Console.export_text) for part in self._parts]
        return "\n\n".join("\n".join(line.rstrip() for line in text.rstrip().split("\n")) for text in texts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        forms = [TEXT if isinstance(part, str) else TABLE for part in self._parts]
        return "".join(_rendered(part, partial(_html, form)) for part, form in zip(self._parts, forms, strict=True))


def _html(form: str, console: Console) -> str:
    return console.export_html(inline_styles=True, code_format=form)


def _rendered(part: RenderableType, export: Callable[[Console], str]) -> str:
    console = plain_console(record=True, file=io.StringIO(), width=WIDTH, force_jupyter=False)
    console.print(part, soft_wrap=isinstance(part, str))
    return export(console)
