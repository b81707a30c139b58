"""Tune, measure and serve a summarizer of conversations on your own machine."""

from importlib.metadata import version

from sumtune.memory import limit_primitive_cache
from sumtune.openmp import limit_spinning

limit_primitive_cache()
limit_spinning()
__version__ = version("sumtune")
__all__ = ["__version__"]
