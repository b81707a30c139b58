"""A remedy: what to do, in words and as commands."""

from dataclasses import dataclass

__all__ = ["Remedy", "rounded"]


@dataclass(frozen=True)
class Remedy:
    """What mends the cause of a finding."""

    text: str
    """An imperative; names what only the user can do."""
    commands: tuple[str, ...]
    """In the order they are typed; `FILE`, `MODEL` and `NAME` are the user's to fill in, all else works as it is."""


def rounded(value: float) -> float:
    """Three significant digits, as a person would type them.

    >>> rounded(3e-4 / 5)
    6e-05
    """
    return float(f"{value:.3g}")
