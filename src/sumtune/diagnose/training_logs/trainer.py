"""What transformers' Trainer leaves behind: `trainer_state.json`, `training_args.bin`, `adapter_config.json`."""

import io
import json
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sumtune.diagnose.training_logs.log import Log
from sumtune.diagnose.training_logs.names import finite, points
from sumtune.errors import DataError

__all__ = ["find_trainer_state", "read_trainer_state", "settings_beside"]

STATE = "trainer_state.json"
ARGUMENTS = (
    "learning_rate", "warmup_steps", "warmup_ratio", "per_device_train_batch_size", "gradient_accumulation_steps",
    "num_train_epochs", "load_best_model_at_end",
)  # fmt: skip
ADAPTER = ("r", "lora_alpha", "lora_dropout")
LITERALS = ("INT", "BININT", "BININT1", "BININT2", "LONG1", "FLOAT", "BINFLOAT", "NEWTRUE", "NEWFALSE")
MEMO = ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE")
LARGEST_ARGUMENTS_BYTES = 1 << 20


def find_trainer_state(folder: Path) -> Path | None:
    """Return the `trainer_state.json` of an output folder, or that of its last checkpoint; None if there is none."""
    checkpoints = (path for path in folder.glob(f"checkpoint-*/{STATE}") if path.parent.name[11:].isdigit())
    last = max(checkpoints, key=lambda path: int(path.parent.name[11:]), default=None)
    return folder / STATE if (folder / STATE).exists() else last


def read_trainer_state(path: Path) -> Log | None:
    """Return the log of a `trainer_state.json`, with the settings beside it; None for another kind of file.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"Cannot read {path}: {error}.") from None
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(history, list):
        return None
    entries = [entry for entry in history if isinstance(entry, dict)]
    summary = next((entry for entry in entries if "train_runtime" in entry), {})
    logged = [entry for entry in entries if entry is not summary]
    total, done = (int(finite(state.get(name)) or 0) for name in ("max_steps", "global_step"))
    epochs = finite(state.get("num_train_epochs"))
    settings = settings_beside(path.parent)
    return Log(
        points=points(logged),
        settings=settings if epochs is None else {"num_train_epochs": epochs, **settings},
        total_steps=total or done or None,
        examples=_examples(summary, epochs or 1),
        ended=bool(summary) or not total or done >= total,
    )


def settings_beside(folder: Path) -> dict[str, Any]:
    """Return the arguments of the Trainer and the settings of the adapter in a folder or in the one above."""
    found: dict[str, Any] = {}
    for place in (folder.parent, folder) if folder.name.startswith("checkpoint-") else (folder,):
        found |= _arguments(place / "training_args.bin") | _adapter(place / "adapter_config.json")
    return found


def _examples(summary: Mapping[str, Any], epochs: float) -> int | None:
    """Return the number of training examples, from the seconds and the examples per second."""
    seconds, speed = finite(summary.get("train_runtime")), finite(summary.get("train_samples_per_second"))
    return round(seconds * speed / epochs) or None if seconds and speed else None


def _adapter(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: config[name] for name in ADAPTER if name in config} if isinstance(config, dict) else {}


def _arguments(path: Path) -> dict[str, Any]:
    """Return numbers in `training_args.bin`. It is a pickle and never loaded: only its opcodes are listed."""
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            member = next(one for one in archive.infolist() if one.filename.endswith("/data.pkl"))
            if member.file_size > LARGEST_ARGUMENTS_BYTES:
                return {}
            return _numbers(archive.read(member))
    except (OSError, StopIteration, ValueError, zipfile.BadZipFile):
        return {}


def _numbers(pickle: bytes) -> dict[str, Any]:
    """Return the number or truth value that follows each known name in a pickle."""
    found: dict[str, Any] = {}
    name = ""
    for opcode, argument, _ in pickletools.genops(pickle):
        if opcode.name in MEMO:
            continue
        if name in ARGUMENTS and opcode.name in LITERALS:
            found[name] = {"NEWTRUE": True, "NEWFALSE": False}.get(opcode.name, argument)
        name = str(argument) if opcode.name in ("BINUNICODE", "SHORT_BINUNICODE") else ""
    return found
