"""Names of losses and rates in the logs of other tools."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["NAMES", "finite", "points"]

NAMES: dict[str, tuple[str, ...]] = {
    "step": ("train_global_step", "global_step", "current_steps", "optimizer_step", "step", "steps", "iteration",
             "iter", "_step"),
    "loss": ("loss", "train_loss", "training_loss", "loss_train", "train_loss_step"),
    "learning_rate": ("learning_rate", "train_learning_rate", "lr", "train_lr", "lr_adamw"),
    "norm": ("grad_norm", "train_grad_norm", "gradient_norm"),
    "epoch": ("epoch", "train_epoch"),
    "validation_loss": ("eval_loss", "validation_loss", "val_loss", "valid_loss", "loss_val", "dev_loss"),
}  # fmt: skip


def points(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return what was logged at each step, in the order of the steps.

    Records of the same step are merged; a later value replaces an earlier one of the same name.

    >>> points([{"Step": "10", "run-1 - train/loss": "2.5"}, {"Step": "10", "run-1 - eval/loss": "nan"}])
    [{'step': 10.0, 'loss': 2.5, 'validation_loss': nan}]
    """
    found: dict[float, dict[str, float]] = {}
    for row in rows:
        values = {_key(name): value for name, value in row.items()}
        known = {
            name: number
            for name, keys in NAMES.items()
            if (number := next((n for key in keys if (n := _number(values.get(key))) is not None), None)) is not None
        }
        if finite(known.get("step")) is not None:
            found.setdefault(known["step"], {}).update(known)
    return [found[step] for step in sorted(found)]


def finite(value: Any) -> float | None:
    """Return a number that is finite and not negative; None for anything else."""
    number = _number(value)
    return number if number is not None and math.isfinite(number) and number >= 0 else None


def _key(name: str) -> str:
    """Return a name without the run that Weights & Biases puts before it, and with one separator."""
    return re.sub(r"[\s/.-]+", "_", str(name).rpartition(" - ")[2].strip().casefold())


def _number(value: Any) -> float | None:
    """Return a number; None for blank cells and texts such as `No log`."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
