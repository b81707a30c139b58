"""The learning rate at each optimizer step."""

import math

__all__ = ["learning_rate", "warmup_length"]


def warmup_length(wanted: int, total_steps: int) -> int:
    """`wanted` optimizer steps, at most a tenth of all.

    >>> warmup_length(100, total_steps=1211), warmup_length(100, total_steps=120)
    (100, 12)
    """
    return min(wanted, total_steps // 10)


def learning_rate(step: int, total_steps: int, peak: float, warmup_steps: int, schedule: str) -> float:
    """The rate of optimizer step `step` (from 0): a linear rise to `peak`, then down to zero behind the last step.

    >>> [round(learning_rate(step, 6, 1.0, 2, "linear"), 2) for step in range(6)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    remaining = 1 - (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if schedule == "cosine":
        return peak * 0.5 * (1 - math.cos(math.pi * remaining))
    return peak * remaining
