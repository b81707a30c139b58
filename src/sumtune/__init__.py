"""Tune, measure and serve a summarizer of conversations on your own machine.

>>> import sumtune
>>> sumtune.score(["Ann brings cake."], ["Ann brings the cakes."]).rouge1 > 0.8
True
>>> sumtune.__version__  # doctest: +ELLIPSIS
'0...'

Functions are imported when they are first used, so `import sumtune` is fast.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sumtune.errors import SumtuneError
from sumtune.memory import limit_primitive_cache
from sumtune.openmp import limit_spinning
from sumtune.versions import version

if TYPE_CHECKING:
    from sumtune.api.diagnosis import diagnose
    from sumtune.api.planning import plan
    from sumtune.api.runs import evaluate, tune
    from sumtune.api.scores import score
    from sumtune.api.summarizer import Summarizer

__all__ = ["Summarizer", "SumtuneError", "__version__", "diagnose", "evaluate", "plan", "score", "tune"]

_MODULES = {
    "Summarizer": "summarizer", "diagnose": "diagnosis", "evaluate": "runs", "plan": "planning", "score": "scores",
    "tune": "runs",
}  # fmt: skip
"""Module of `sumtune.api` that defines each name."""

limit_primitive_cache()
limit_spinning()
__version__ = version("sumtune")


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'sumtune' has no attribute {name!r}")
    found = getattr(import_module(f"sumtune.api.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `sumtune.evaluate` and `sumtune.diagnose` functions.

    Python sets an attribute for each package that it imports, and two packages have the names of functions.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _MODULES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
