"""The error of an engine that cannot run a model."""

from sumtune.errors import ModelError

__all__ = ["UnsupportedError"]


class UnsupportedError(ModelError):
    """The engine does not know this architecture, computes something else than torch with it, or cannot run here."""
