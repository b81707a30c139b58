"""Learning rate schedules: linear warm-up, then linear or cosine decay to zero."""

import math

__all__ = ["learning_rate", "warmup_length"]


def warmup_length(wanted: int, total_steps: int) -> int:
    """Return the number of warm-up steps: `wanted`, but at most a tenth of `total_steps`.

    >>> warmup_length(100, total_steps=1211), warmup_length(100, total_steps=120)
    (100, 12)
    """
    return min(wanted, total_steps // 10)


def learning_rate(step: float, total_steps: int, peak: float, warmup_steps: int, schedule: str) -> float:
    """Return the learning rate of optimizer step `step` (counted from 0; may lie between two steps).

    It rises linearly to `peak` over `warmup_steps`, then decays so that the step after the last one would get zero.
    `schedule` is `linear` or `cosine` (Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983, equation 5,
    without restarts).

    >>> [round(learning_rate(step, 6, 1.0, 2, "linear"), 2) for step in range(6)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if step < warmup_steps:
        return peak * min(1.0, (step + 1) / warmup_steps)
    remaining = 1 - (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if schedule == "cosine":
        return peak * 0.5 * (1 - math.cos(math.pi * remaining))
    return peak * remaining
