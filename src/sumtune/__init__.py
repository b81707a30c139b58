"""Tune, measure and serve a summarizer of conversations on your own machine."""

from importlib.metadata import version

from sumtune.memory import keep_few_primitives

keep_few_primitives()
__version__ = version("sumtune")
__all__ = ["__version__"]
