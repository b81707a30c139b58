"""Extension of Griffe: the examples in docstrings become blocks of code."""

import re
from typing import Any

from griffe import Extension, Object

DOCTEST = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
FLAGS = re.compile(r"\s*# doctest:.*")


class Doctests(Extension):
    """Fences each example; otherwise Markdown reads `>>>` as a quotation."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of a module, class, function or attribute that was read."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return a docstring with a fence around each example, up to the next empty line, without its flags."""
    return DOCTEST.sub(lambda found: f"```pycon\n{FLAGS.sub('', found[0])}\n```", text)
