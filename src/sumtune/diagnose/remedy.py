"""A remedy: what to do, in words and as commands."""

from dataclasses import dataclass

__all__ = ["Remedy", "rounded"]


@dataclass(frozen=True)
class Remedy:
    """What fixes the cause of a finding."""

    text: str
    """An instruction; says which part only the user can do."""
    commands: tuple[str, ...]
    """In the order to type them. The user fills in `FILE`, `MODEL` and `NAME`; everything else works as it is."""


def rounded(value: float) -> float:
    """Return `value` with three significant digits, as a person would type it.

    >>> rounded(3e-4 / 5)
    6e-05
    """
    return float(f"{value:.3g}")
