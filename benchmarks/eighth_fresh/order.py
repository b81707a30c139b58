"""Predictions that stand in the wrong row."""

import random

from .common import Row


def _with_predictions(rows: list[Row], texts: list[str]) -> list[Row]:
    """New rows with the given predictions, in order."""
    return [{**row, "prediction": text} for row, text in zip(rows, texts, strict=True)]


def length_sorted_batches_never_unsorted(rows: list[Row], rng: random.Random) -> list[Row]:
    """Inputs were sorted by length for batching and the outputs not put back. Each row has another row's summary."""
    longest_first = rng.random() < 0.7
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]["dialogue"]), reverse=longest_first)
    return _with_predictions(rows, [rows[place]["prediction"] for place in order])


def failed_row_shifted_the_rest(rows: list[Row], rng: random.Random) -> list[Row]:
    """A row near the top failed or ran twice, so the list slipped by one. Each later row has its neighbour's text."""
    texts = [row["prediction"] for row in rows]
    start = rng.randrange(min(3, len(rows) // 4) + 1) if rows else 0
    if rng.random() < 0.6:
        moved = [*texts[:start], *texts[start + 1 :], *([""] if texts else [])]
    else:
        moved = [*texts[:start], *texts[start : start + 1], *texts[start:-1]] if texts else []
    return _with_predictions(rows, moved)


def first_output_of_batch_written_to_all(rows: list[Row], rng: random.Random) -> list[Row]:
    """The loop saved outputs[0] for every row of a batch. Runs of neighbouring rows have one and the same summary."""
    size = rng.choice((8, 16, 32))
    return _with_predictions(rows, [rows[place - place % size]["prediction"] for place in range(len(rows))])
