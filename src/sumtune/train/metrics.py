"""The metric log: one JSON object a line, one line an event."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sumtune.files.atomic import write_text

__all__ = ["Event", "Report", "append_event", "cut_after", "read_events"]

Event = dict[str, Any]
"""`event` (`start`, `step`, `validation`, `epoch`, `warning`, `end`), `step`, and what belongs to it."""
Report = Callable[[Event], None]
NUMBERS = {
    "start": ("total_steps", "warmup_steps"),
    "step": ("loss", "learning_rate", "gradient_norm", "tokens", "elapsed_s"),
    "validation": ("loss",),
}
"""What readers of the log look for, by event; each is a number."""


def append_event(path: Path, event: Event) -> None:
    """Adds one line to the log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(event) + "\n")


def read_events(path: Path) -> list[Event]:
    """All events of the log; a line that a crash tore or that is damaged is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [event for line in lines if (event := _event(line)) is not None]


def _event(line: str) -> Event | None:
    """The event in `line`; None where it is none, or lacks a number of its kind."""
    try:
        event = json.loads(line)
        kind, step = event["event"], event["step"]
        numbers = [step, *(event[name] for name in NUMBERS.get(kind, ()))]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return event if all(type(number) in (int, float) for number in numbers) else None


def cut_after(path: Path, step: int) -> None:
    """Removes the events after optimizer step `step`, which a resumed run will write again."""
    kept = [event for event in read_events(path) if event["step"] <= step and event["event"] != "end"]
    if path.exists():
        write_text(path, "".join(json.dumps(event) + "\n" for event in kept))
