"""The event log of a training run, `metrics.jsonl`: one JSON object per line, one line per event."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

from sumtune.files.atomic import write_text

__all__ = ["REPLACING", "Event", "EventCallback", "append_event", "cut_after", "parse_event", "read_events"]

Event = dict[str, Any]
"""`event` (`start`, `step`, `validation`, `sampled`, `epoch`, `warning`, `early_end`, `end`), `step`, other fields."""
EventCallback = Callable[[Event], None]
"""Receives every event as it happens."""
CHECKSUM = "crc32"
NUMBERS = {
    "start": ("total_steps", "warmup_steps"),
    "step": ("loss", "learning_rate", "gradient_norm", "tokens", "elapsed_s"),
    "validation": ("loss",),
    "sampled": ("rouge1", "progress", "seconds", "elapsed_s"),
}
"""Numeric fields that readers of the log need, by event."""
REPLACING = threading.Lock()
"""Held while a log is replaced, and by threads that read one meanwhile: Windows replaces no file that is open."""


def append_event(path: Path, event: Event) -> None:
    """Append `event` with its checksum to the log at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(_line(event))


def read_events(path: Path) -> list[Event]:
    """Return the events in the log at `path`, without lines that are damaged or cut off by a crash."""
    return [event for line in _lines(path) if (event := parse_event(line)) is not None]


def cut_after(path: Path, step: int) -> int:
    """Remove damaged lines and the events after optimizer step `step`, which a resumed run writes again.

    Return the number of lines up to `step` that are known to be damaged or missing.
    """
    kept = [event for event in read_events(path) if event["step"] <= step and event["event"] != "end"]
    damaged = sum(line.endswith("\n") and parse_event(line) is None for line in _lines(path))
    if path.exists():
        with REPLACING:
            write_text(path, "".join(map(_line, kept)))
    return max(damaged, step - len([event for event in kept if event["event"] == "step"]))


def _line(event: Event) -> str:
    return json.dumps(event | {CHECKSUM: _checksum(event)}) + "\n"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True) if path.exists() else []


def parse_event(line: str) -> Event | None:
    """Return the event in `line` of a log, or None if it is damaged, changed, or lacks a required number."""
    try:
        event: Event = json.loads(line)
        checksum = event.pop(CHECKSUM, None)  # the first releases wrote no checksum
        numbers = [event["step"], *(event[name] for name in NUMBERS.get(event["event"], ()))]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    whole = checksum in (None, _checksum(event)) and all(type(number) in (int, float) for number in numbers)
    return event if whole else None


def _checksum(event: Event) -> str:
    return f"{crc32(json.dumps(event).encode()):08x}"
