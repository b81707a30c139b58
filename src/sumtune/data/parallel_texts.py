"""Predictions with their references and dialogues, given as lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sumtune.data.dialogue import as_text
from sumtune.errors import DataError

__all__ = ["ParallelTexts", "parallel_texts"]


@dataclass(frozen=True)
class ParallelTexts:
    """Parallel tuples; each prediction has at least one reference."""

    predictions: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    dialogues: tuple[str, ...] | None = None


def parallel_texts(
    predictions: Iterable[str], references: Iterable[str | Iterable[str]], dialogues: Iterable[Any] | None = None
) -> ParallelTexts:
    """Return the checked texts. A reference may be a text, or several for the same dialogue.

    >>> parallel_texts(["Ann pays."], [["Ann will pay.", "Ann pays."]]).references
    (('Ann will pay.', 'Ann pays.'),)

    Raises:
        DataError: there are none, their numbers differ, one is not a text, or there is no reference for one.
    """
    texts = tuple(_text(f"Prediction {n}", one) for n, one in enumerate(_listed("predictions", predictions), 1))
    wanted = tuple(_references(n, one) for n, one in enumerate(_listed("references", references), 1))
    read = None
    if dialogues is not None:
        read = tuple(_dialogue(n, one) for n, one in enumerate(_listed("dialogues", dialogues), 1))
    if not texts:
        raise DataError("There are no predictions: expected at least one, with its reference.")
    for name, others in {"references": wanted, "dialogues": read}.items():
        if others is not None and len(others) != len(texts):
            raise DataError(f"Expected equal numbers of predictions and {name}; given: {len(texts)} and {len(others)}.")
    return ParallelTexts(texts, wanted, read)


def _listed(name: str, values: Iterable[Any]) -> Iterable[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise DataError(f"The {name} are {type(values).__name__!r}: expected a list of texts.")
    return values


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        raise DataError(f"{place} is {type(value).__name__!r}: expected a text.")
    return value


def _references(number: int, value: Any) -> tuple[str, ...]:
    several = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
    texts = tuple(text for one in several if (text := _text(f"Reference {number}", one)).strip())
    if not texts:
        raise DataError(f"Reference {number} is empty; leave out this prediction and its reference.")
    return texts


def _dialogue(number: int, value: Any) -> str:
    """Return the dialogue as sumtune's models read it."""
    return _text(f"Dialogue {number}", as_text(list(value) if isinstance(value, tuple) else value))
