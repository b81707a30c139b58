"""A remedy: an instruction, with the commands for it."""

from dataclasses import dataclass

__all__ = ["Remedy", "rounded"]


@dataclass(frozen=True)
class Remedy:
    """How to fix the cause of a finding."""

    text: str
    """Instruction. It names what only the user can do."""
    commands: tuple[str, ...]
    """Commands in the order to type them. The user fills in `FILE`, `MODEL` and `NAME`; the rest works as it is."""


def rounded(value: float) -> float:
    """Return `value` rounded to three significant digits, as a person would type it.

    >>> rounded(3e-4 / 5)
    6e-05
    """
    return float(f"{value:.3g}")
