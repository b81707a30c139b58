"""Baselines without a model. A tuned model that does not beat them has learned little."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["BASELINES", "lead_3", "longest_3"]


def lead_3(dialogue: str) -> str:
    """Return the first three turns, joined by spaces; every non-empty line is a turn.

    >>> lead_3("Ann: Hi!\\n\\nBob: Hey.\\nAnn: Lunch at noon?\\nBob: Sure.")
    'Ann: Hi! Bob: Hey. Ann: Lunch at noon?'
    """
    return " ".join(_turns(dialogue)[:3])


def longest_3(dialogue: str) -> str:
    """Return the three longest turns in characters, in the order of the dialogue. Ties go to the earlier turn.

    >>> longest_3("Ann: Hi!\\nBob: Hey.\\nAnn: Lunch at noon?\\nBob: Sure, see you there.")
    'Bob: Hey. Ann: Lunch at noon? Bob: Sure, see you there.'
    """
    turns = _turns(dialogue)
    longest = sorted(range(len(turns)), key=lambda place: len(turns[place]), reverse=True)[:3]
    return " ".join(turns[place] for place in sorted(longest))


def _turns(dialogue: str) -> list[str]:
    return [turn for line in dialogue.splitlines() if (turn := line.strip())]


BASELINES: Mapping[str, Callable[[str], str]] = MappingProxyType({"lead-3": lead_3, "longest-3": longest_3})
"""Baselines by their names in a scorecard."""
