"""Read the training log of another tool for the diagnosis."""

import math
from pathlib import Path

import numpy as np

from sumtune.diagnose.context import Array, Training
from sumtune.diagnose.training_logs.log import Log
from sumtune.diagnose.training_logs.names import finite
from sumtune.diagnose.training_logs.table import read_loss_table
from sumtune.diagnose.training_logs.tensorboard import find_event_files, read_event_file
from sumtune.diagnose.training_logs.trainer import find_trainer_state, read_trainer_state
from sumtune.errors import DataError

__all__ = ["read_training_log"]

SAME_SLOPE = 0.02
"""Greatest relative difference between slopes of the learning rate that count as one straight line."""


def read_training_log(path: Path) -> Training:
    """Return the training in a log: `trainer_state.json` or its folder, a TensorBoard event file, a table of losses.

    Raises:
        DataError: the log cannot be read, or is of an unknown kind.
    """
    file = _find(path) if path.is_dir() else path
    if "tfevents" in file.name:
        return _training(read_event_file(file))
    log = read_trainer_state(file) if file.suffix == ".json" else None
    return _training(log or read_loss_table(file))


def _find(folder: Path) -> Path:
    file = find_trainer_state(folder) or next(iter(find_event_files(folder)), None)
    if file is None:
        raise DataError(f"{folder} holds no training log: neither trainer_state.json nor a TensorBoard event file.")
    return file


def _training(log: Log) -> Training:
    settings = {name: number for name, value in log.settings.items() if (number := finite(value)) is not None}
    last = int(max((point["step"] for point in log.points), default=0))
    total = log.total_steps or last
    steps, rates = _column(log, "learning_rate")
    requested = settings.get("warmup_steps") or math.ceil(settings.get("warmup_ratio", 0) * total)
    if 0 < requested < 1:  # transformers 5 gives a share of the run as `warmup_steps`
        requested = math.ceil(requested * total)
    known = "warmup_steps" in settings or "warmup_ratio" in settings
    batch = settings.get("per_device_train_batch_size", 0) * settings.get("gradient_accumulation_steps", 1)
    train = {
        "learning_rate": settings.get("learning_rate") or (float(rates.max()) if len(rates) else None),
        "warmup_steps": int(requested) if known else None,
        "effective_batch_size": batch or None,
        "epochs": settings.get("num_train_epochs"),
        "result": "best" if log.settings.get("load_best_model_at_end") is True else None,
    }
    lora = {"rank": settings.get("r"), "alpha": settings.get("lora_alpha"), "dropout": settings.get("lora_dropout")}
    loss_steps, losses = _column(log, "loss")
    validation_steps, validation_losses = _column(log, "validation_loss")
    return Training(
        settings={"train": train, "lora": lora},
        examples=log.examples,
        total_steps=total,
        warmup_steps=min(int(requested), total) if known else _end_of_rise(steps, rates),
        rates=rates,
        losses=losses,
        norms=_column(log, "norm")[1],
        steps=loss_steps,
        validation_steps=validation_steps,
        validation_losses=validation_losses,
        ended=log.ended,
        steps_an_epoch=_steps_an_epoch(log),
    )


def _column(log: Log, name: str) -> tuple[Array, Array]:
    """Return the steps at which a value was logged, and the values."""
    found = [(point["step"], point[name]) for point in log.points if name in point]
    pairs = np.array(found, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _end_of_rise(steps: Array, rates: Array) -> int:
    """Return the last step until which the learning rate rises in a straight line from its first value; 0 if none.

    The warm-up of every schedule of transformers is such a line.
    """
    if len(rates) < 3:
        return 0
    slopes = np.diff(rates) / np.diff(steps)
    is_line = (slopes > 0) & (np.abs(slopes - slopes[0]) <= SAME_SLOPE * abs(slopes[0]))
    length = int(np.argmin(is_line)) if not is_line.all() else len(slopes)
    return int(steps[length]) if length >= 2 else 0


def _steps_an_epoch(log: Log) -> int | None:
    """Return the optimizer steps of an epoch: the last step that was logged with its epoch, divided by that epoch."""
    found = [point["step"] / point["epoch"] for point in log.points if point.get("epoch", 0) > 0]
    return round(found[-1]) if found else None
