"""What the tests of the Python API share: pairs, settings, and a place with a finished run."""

from dataclasses import dataclass
from pathlib import Path

import small_runs
import tiny

from sumtune.api.runs import Run

PAIRS = [(one["dialogue"], one["summary"]) for one in map(tiny.conversation, range(40))]
SETTINGS = {key: value for key, value in small_runs.SETTINGS.items() if key not in ("data.path", "model.name")}


@dataclass(frozen=True)
class World:
    """Where the run is: its folder is `runs/chats` in `place`, and the tiny model is the embedded one."""

    place: Path
    run: Run
    lines: list[str]
    """Progress that `tune` showed."""


def files_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file below `folder` with its size and time, without locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
