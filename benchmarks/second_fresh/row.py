"""One row of a file of outputs, and what the kinds of damage share."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

TEXTS: dict[str, Any] = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Row:
    """One example of a file of outputs."""

    dialogue: str
    reference: str
    prediction: str


Kind = Callable[[list[Row], Random], list[Row]]


def each(change: Callable[[Row, Random], Row]) -> Kind:
    """Return the kind that changes every row by itself."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return [change(row, random) for row in rows]

    return damage


def answers(change: Callable[[Row, Random], str]) -> Kind:
    """Return the kind that writes a new prediction for every row."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return [replace(row, prediction=change(row, random)) for row in rows]

    return damage


def predictions(change: Callable[[str, Random], str]) -> Kind:
    """Return the kind that changes the text of every prediction."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return [replace(row, prediction=change(row.prediction, random)) for row in rows]

    return damage


def references(change: Callable[[str, Random], str]) -> Kind:
    """Return the kind that changes the text of every reference."""

    @wraps(change)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        return [replace(row, reference=change(row.reference, random)) for row in rows]

    return damage


def column(choose: Callable[[list[Row], Random], list[str]]) -> Kind:
    """Return the kind that pairs the rows with another column of predictions, as long as the rows."""

    @wraps(choose)
    def damage(rows: list[Row], random: Random) -> list[Row]:
        texts = choose(rows, random) if rows else []
        return [replace(row, prediction=text) for row, text in zip(rows, texts, strict=True)]

    return damage


def turns(dialogue: str) -> list[tuple[str, str]]:
    """Return speaker and text of each line, at least one; the speaker is empty where a line names none."""
    pattern = re.compile(r"\s*(?:([^:\n]{1,30}):)?\s*(.*)")
    found = [pattern.match(line) for line in dialogue.splitlines() if line.strip()]
    return [(match[1] or "", match[2]) for match in found if match] or [("", "")]


def speakers(dialogue: str) -> list[str]:
    """Return the speakers in order of appearance, at least two."""
    names = [*dict.fromkeys(speaker for speaker, _ in turns(dialogue) if speaker)]
    return names + ["Someone", "the other"][: max(0, 2 - len(names))]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part] or [""]


def without(text: str, names: list[str], substitutes: list[str]) -> str:
    """Return the text with each name replaced; the last substitute serves all further names."""
    for position, name in enumerate(names):
        substitute = substitutes[min(position, len(substitutes) - 1)]
        text = re.sub(rf"\b{re.escape(name)}\b", lambda _, new=substitute: new, text)  # type: ignore[misc]
    return text


def pieces(word: str) -> list[str]:
    """Return the subwords of a word: short words stay whole, long ones break after two to four letters."""
    if len(word) <= 5:
        return [word]
    width = 2 + crc32(word.encode()) % 3
    return [word[start : start + width] for start in range(0, len(word), width)]


def story(kind: str, names: list[str], random: Random, count: int = 2) -> str:
    """Return `count` sentences of a list of texts, with two names filled in."""
    return " ".join(random.sample(TEXTS[kind], count)).format(a=names[0], b=names[1])
