"""Texts in the wrong rows, and two texts in one row."""

import re
from random import Random

from .common import Rows, bare, column, put, sentences


def length_sorted_not_restored(rows: Rows, _rng: Random) -> Rows:
    """Inputs were sorted by length for batching and the outputs were not put back into the file's order."""
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]["dialogue"]))
    return put(rows, "prediction", [rows[i]["prediction"] for i in order])


def rank_major_gather(rows: Rows, rng: Random) -> Rows:
    """Several GPUs each took every second (or fourth) row, and their outputs were concatenated rank after rank."""
    ranks = rng.choice((2, 4))
    preds = column(rows, "prediction")
    return put(rows, "prediction", [p for rank in range(ranks) for p in preds[rank::ranks]])


def n_best_not_regrouped(rows: Rows, _rng: Random) -> Rows:
    """Three candidates per input were returned as one flat list, which was zipped with the rows."""
    flat: list[str] = []
    for pred in column(rows, "prediction"):
        parts = sentences(pred)
        shorter = " ".join(parts[:-1]) or re.split(r",| and ", pred)[0].rstrip(".") + "."
        other = " ".join(parts[::-1]) if len(parts) > 1 else pred.rstrip(".") + " too."
        flat += [pred, shorter, other]
    return put(rows, "prediction", flat[: len(rows)])


def semantic_cache_hit(rows: Rows, _rng: Random) -> Rows:
    """An API gateway's semantic cache with too low a similarity threshold answered with a stored summary."""
    bags = [set(map(bare, row["dialogue"].lower().split())) for row in rows]

    def nearest(i: int) -> int:
        others = [j for j in range(len(rows)) if j != i] or [i]
        return max(others, key=lambda j: len(bags[i] & bags[j]) / max(1, len(bags[i] | bags[j])))

    return put(rows, "prediction", [rows[nearest(i)]["prediction"] for i in range(len(rows))])


def interleaved_streams(rows: Rows, rng: Random) -> Rows:
    """Two concurrent token streams were appended to one buffer."""

    def mixed(own: list[str], other: list[str]) -> str:
        out: list[str] = []
        while own or other:
            n, m = rng.randint(1, 3), rng.randint(1, 3)
            out += own[:n] + other[:m]
            own, other = own[n:], other[m:]
        return " ".join(out)

    words = [pred.split() for pred in column(rows, "prediction")]
    return put(rows, "prediction", [mixed(words[i], words[(i + 1) % len(words)]) for i in range(len(words))])


def history_bleed(rows: Rows, rng: Random) -> Rows:
    """The chat session was not reset between rows, so earlier turns stayed in the history."""
    preds = column(rows, "prediction")
    firsts = [" ".join(sentences(pred)[:1]) for pred in preds]
    return put(
        rows,
        "prediction",
        [
            " ".join([*(firsts[i - back] for back in range(rng.randint(1, min(2, len(rows))), 0, -1)), pred])
            for i, pred in enumerate(preds)
        ],
    )


def comma_split_columns(rows: Rows, _rng: Random) -> Rows:
    """An unquoted CSV was read with a split at the first two commas."""
    out = []
    for row in rows:
        line = ",".join(row[key].replace("\n", " ") for key in ("dialogue", "reference", "prediction"))
        out.append({**row, **dict(zip(("dialogue", "reference", "prediction"), line.split(",", 2), strict=False))})
    return out


def dialogue_glued_to_next(rows: Rows, _rng: Random) -> Rows:
    """The splitter of the chat log missed the boundary between two conversations."""
    logs = column(rows, "dialogue")
    return put(rows, "dialogue", [log.rstrip() + "\n" + logs[(i + 1) % len(logs)] for i, log in enumerate(logs)])
