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


def append_event(path: Path, event: Event) -> None:
    """Adds one line to the log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(event) + "\n")


def read_events(path: Path) -> list[Event]:
    """All events of the log; a last line that was torn by a crash is left out."""
    if not path.exists():
        return []
    events = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            break
    return events


def cut_after(path: Path, step: int) -> None:
    """Removes the events after optimizer step `step`, which a resumed run will write again."""
    kept = [event for event in read_events(path) if event["step"] <= step and event["event"] != "end"]
    if path.exists():
        write_text(path, "".join(json.dumps(event) + "\n" for event in kept))
