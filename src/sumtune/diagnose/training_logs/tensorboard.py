"""Event files of TensorBoard."""

import importlib
import json
from pathlib import Path
from typing import Any

from sumtune.diagnose.training_logs.log import Log
from sumtune.diagnose.training_logs.names import points
from sumtune.errors import DataError

__all__ = ["find_event_files", "read_event_file"]

READER = "tensorboard.backend.event_processing.event_accumulator"
ARGUMENTS = "args/text_summary"
"""Tag under which transformers writes all arguments of the Trainer as JSON."""


def find_event_files(folder: Path) -> list[Path]:
    """Return the event files in a folder and below, newest first."""
    files = folder.rglob("events.out.tfevents.*")
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def read_event_file(path: Path) -> Log:
    """Return the scalars of an event file, and the arguments that the Trainer has written to it.

    Raises:
        DataError: the package `tensorboard` is not installed.
    """
    try:
        reader = importlib.import_module(READER)
    except ImportError:
        raise DataError(
            f"{path} is an event file of TensorBoard. To read it: pip install 'sumtune[tensorboard]'. Or pass "
            "trainer_state.json, or a CSV of the losses that TensorBoard exports."
        ) from None
    events = reader.EventAccumulator(str(path), size_guidance={reader.SCALARS: 0, reader.TENSORS: 0})
    events.Reload()
    rows = [{"step": event.step, tag: event.value} for tag in events.Tags()["scalars"] for event in events.Scalars(tag)]
    return Log(points(rows), _arguments(events) if ARGUMENTS in events.Tags()["tensors"] else {})


def _arguments(events: Any) -> dict[str, Any]:
    try:
        settings = json.loads(events.Tensors(ARGUMENTS)[0].tensor_proto.string_val[0])
    except (LookupError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
