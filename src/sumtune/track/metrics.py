"""Metrics and settings under the names that trackers show."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sumtune.train.event_log import Event

__all__ = ["flattened", "metrics_of", "numbers_in"]

SAMPLED = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def metrics_of(event: Event) -> dict[str, float]:
    """Return the metrics in a training event: losses, learning rate, speed, and ROUGE of sampled summaries.

    >>> metrics_of({"event": "validation", "step": 50, "loss": 1.5, "best": True, "elapsed_s": 60.0})
    {'validation/loss': 1.5}
    """
    match event["event"]:
        case "step":
            seconds = event.get("seconds")
            found = {"train/loss": event["loss"], "train/learning_rate": event["learning_rate"],
                     "train/gradient_norm": event["gradient_norm"],
                     "train/tokens_per_s": event["tokens"] / seconds if seconds else None}  # fmt: skip
        case "validation":
            found = {"validation/loss": event["loss"]}
        case "sampled":
            found = {f"sampled/{metric}": event.get(metric) for metric in SAMPLED}
        case _:
            found = {}
    return dict(numbers_in(found))


def numbers_in(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Yield the finite numbers in nested mappings, by their path.

    >>> dict(numbers_in({"tuned": {"rouge1": 0.5, "name": "x"}, "unknown": None, "loss": float("nan")}))
    {'tuned/rouge1': 0.5}
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from numbers_in(value, f"{above}{key}/")
        elif isinstance(value, int | float) and math.isfinite(value):
            yield f"{above}{key}", float(value)


def flattened(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield everything in nested mappings as text, by its dotted key.

    >>> dict(flattened({"train": {"epochs": 3}, "preset": "fast"}))
    {'train.epochs': '3', 'preset': 'fast'}
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)
