"""The fifth list of kinds of damage, invented without sight of the rules.

Each kind is a pure function of rows and a random generator; its docstring says what happened. A kind damages all rows
that it gets and keeps their number unless its docstring says otherwise. The kinds of `WHOLE` need the whole file.
"""

from types import ModuleType

from . import decoding, postprocessing, prompts, references, storing, whole_files
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
    for module in (decoding, prompts, storing, postprocessing, references, whole_files)
    for name, kind in _kinds(module).items()
}
WHOLE: set[str] = set(_kinds(whole_files))
