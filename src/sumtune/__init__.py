"""Tune, measure and serve a summarizer of conversations on your own machine."""

from importlib.metadata import version

__version__ = version("sumtune")
__all__ = ["__version__"]
