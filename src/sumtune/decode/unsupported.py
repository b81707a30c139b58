"""The error of an engine that cannot run a model."""

from sumtune.errors import ModelError

__all__ = ["UnsupportedError"]


class UnsupportedError(ModelError):
    """The engine does not know this architecture, computes it differently from torch, or cannot run here."""
