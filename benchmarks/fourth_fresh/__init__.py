"""The fourth list of kinds of damage, invented without sight of the rules, from one question.

How do outputs of summarizers get damaged on their way into a file? Each kind is a pure function of rows and a random
generator; its docstring says what happened. A kind damages all rows that it gets and keeps their number unless its
docstring says otherwise. The kinds of `WHOLE` need the whole file.
"""

from types import ModuleType

from second_fresh.row import Kind, Row

from . import batching, collecting, decoding, gold, postprocessing, prompts, references, storing, training

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
    for module in (decoding, training, prompts, postprocessing, storing, collecting, batching, gold, references)
    for name, kind in _kinds(module).items()
}
WHOLE: set[str] = set(_kinds(batching))
