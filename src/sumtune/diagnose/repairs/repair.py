"""A repair: a function that undoes one kind of damage to a prediction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sumtune.diagnose.repairs.corpus import Corpus

__all__ = ["OfText", "Repair", "Row"]

CACHED_TEXTS = 1 << 11
"""Texts whose repair is remembered: the search meets the same texts again after each fault."""


@dataclass(frozen=True)
class Row:
    """What a repair may know besides the prediction."""

    dialogue: str
    """Empty if unknown."""
    corpus: Corpus

    @cached_property
    def said(self) -> list[str]:
        """The dialogue, split at white space."""
        return self.dialogue.split()


@dataclass(frozen=True)
class Repair:
    """How to undo one kind of damage."""

    name: str
    """Code of the finding."""
    undo: Callable[[str, Row], str]
    """Returns the prediction without the damage, or unchanged where it does not see the damage."""
    what: str
    """Predicate of the title: "Most predictions …"."""
    remedy: str
    """Instruction to the user."""
    certain: bool = True
    """Whether no sound summary looks like this, so that the damage is a fault even if ROUGE ignores it."""
    specific: bool = True
    """Whether it names the damage. Others remove whatever several predictions share."""
    nothing_left: Callable[[str], bool] = lambda _text: False
    """Whether a damaged text holds no summary, so that the repair cannot bring one back."""

    def undo_all(self, texts: Iterable[str], rows: Iterable[Row]) -> list[str]:
        """Return the `texts`, each in its row, without the damage."""
        if isinstance(self.undo, OfText):
            return list(map(self.undo.cached, texts))
        return list(map(self.undo, texts, rows))


class OfText:
    """The `undo` of a repair that needs to know only the prediction. It remembers its last results."""

    def __init__(self, function: Callable[[str], str]) -> None:
        """Wrap `function`, which returns a text without the damage."""
        self.cached = lru_cache(CACHED_TEXTS)(function)

    def __call__(self, text: str, _row: Row) -> str:
        """Return `text` without the damage."""
        return self.cached(text)
