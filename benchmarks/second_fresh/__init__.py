"""Kinds of damage to files of outputs, invented without sight of the rules that should name them.

Each kind is a pure function of rows and a random generator; its docstring says what happened. A kind damages all rows
that it gets and keeps their number unless its docstring says otherwise. The kinds of `WHOLE` need the whole file.
"""

from types import ModuleType

from . import checkpoints, cleaning, generation, gold, order, prompting, serving, storage, subwords
from .row import Kind, Row

__all__ = ["KINDS", "WHOLE", "Kind", "Row"]


def _kinds(module: ModuleType) -> dict[str, Kind]:
    """Return the public functions that a module defines, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    }


KINDS: dict[str, Kind] = {
    name: kind
    for module in (subwords, generation, checkpoints, prompting, serving, cleaning, storage, order, gold)
    for name, kind in _kinds(module).items()
}
WHOLE: set[str] = set(_kinds(order))
