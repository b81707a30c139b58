"""Tune, measure and serve a summarizer of conversations on your own machine."""

from importlib.metadata import version

from sumtune.memory import limit_primitive_cache

limit_primitive_cache()
__version__ = version("sumtune")
__all__ = ["__version__"]
