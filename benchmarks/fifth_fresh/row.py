"""One row of a file of outputs, and what the kinds of damage share."""

import json
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, str]
"""A dialogue, its reference and its prediction."""
Kind = Callable[[list[Row], Random], list[Row]]

TEXTS: dict[str, Any] = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))
STOP_WORDS = frozenset(TEXTS["stop_words"])


def put(rows: list[Row], column: str, texts: list[str]) -> list[Row]:
    """Return the rows with new texts in a column; rows without a text are lost."""
    return [{**row, column: text} for row, text in zip(rows, texts, strict=False)]


def answers(change: Callable[[Row, Random], str]) -> Kind:
    """Return the kind that writes a new prediction for every row."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return put(rows, "prediction", [change(row, random) for row in rows])

    return damage


def predictions(change: Callable[[str, Random], str]) -> Kind:
    """Return the kind that changes the text of every prediction."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return put(rows, "prediction", [change(prediction(row), random) for row in rows])

    return damage


def references(change: Callable[[Row, Random], str]) -> Kind:
    """Return the kind that writes a new reference for every row."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return put(rows, "reference", [change(row, random) for row in rows])

    return damage


def column(choose: Callable[[list[Row], Random], list[str]]) -> Kind:
    """Return the kind that gives the rows another column of predictions."""

    @wraps(choose)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return put(rows, "prediction", choose(rows, random))

    return damage


def turns(dialogue: str) -> list[tuple[str, str]]:
    """Return speaker and text of each turn; a line without a speaker belongs to the turn before it."""
    found: list[tuple[str, str]] = []
    for line in dialogue.replace("\r", "").split("\n"):
        match = re.match(r"\s*([^:\n]{1,30}?)\s*:\s*(.*)", line)
        if match and match[2].strip():
            found.append((match[1], match[2].strip()))
        elif line.strip() and found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
    return found or [("Speaker A", dialogue.strip() or "Hi"), ("Speaker B", "OK")]


def speakers(dialogue: str) -> list[str]:
    """Return the speakers in order of appearance, at least two."""
    names = list(dict.fromkeys(name for name, _ in turns(dialogue)))
    return names if len(names) > 1 else [*names, "the other speaker"]


def prediction(row: Row) -> str:
    """Return the prediction, or a sentence where it is empty."""
    return row["prediction"].strip() or "The speakers talk about their plans."


def prediction_of_another(rows: list[Row], position: int, random: Random) -> str:
    """Return the prediction of another row, or a sentence where there is none."""
    if len(rows) < 2:
        return "They are meeting after work and somebody will bring the tickets."
    other = random.randrange(len(rows) - 1)
    return prediction(rows[other if other < position else other + 1])


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]
