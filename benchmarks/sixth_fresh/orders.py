"""Sorts, joins and fills that only a whole file can show."""

from __future__ import annotations

import random
import re

from .common import Row, turns


def length_sort_not_undone(rows: list[Row], _rng: random.Random) -> list[Row]:
    """Inputs were sorted by length for batching and outputs never put back."""
    order = sorted(range(len(rows)), key=lambda at: -len(rows[at]["dialogue"]))
    return [{**row, "prediction": rows[source]["prediction"]} for row, source in zip(rows, order, strict=True)]


def many_to_many_join(rows: list[Row], _rng: random.Random) -> list[Row]:
    """Dialogues and predictions were merged on a key that is not unique."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        said = turns(row["dialogue"]) or [("", "")]
        groups.setdefault(said[0][0], []).append(row)
    if max((len(group) for group in groups.values()), default=0) < 2:
        groups = {str(at): rows[at : at + 2] for at in range(0, len(rows), 2)}
    out = []
    for group in groups.values():
        for start in range(0, len(group), 4):
            part = group[start : start + 4]
            out += [{**left, "prediction": right["prediction"]} for left in part for right in part]
    return out


def spreadsheet_fill_down(rows: list[Row], rng: random.Random) -> list[Row]:
    """The fill handle was dragged, so blocks of rows repeat their first cell."""
    out: list[Row] = []
    while len(out) < len(rows):
        first = rows[len(out)]["prediction"]
        ending = re.search(r"(\d+)$", first)
        for step, row in enumerate(rows[len(out) :][: rng.randint(2, 9)]):
            text = first
            if ending:
                text = first[: ending.start()] + str(int(ending[1]) + step)
            out.append({**row, "prediction": text})
    return out
