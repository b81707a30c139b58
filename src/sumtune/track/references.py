"""What trackers call a run, in `trackers.json` beside its log, so that a resumed run continues there."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sumtune.errors import RunDirError
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir

__all__ = ["References"]


class References:
    """What each tracker calls this run (for example the MLflow run id), and the checksums of the files stored there."""

    def __init__(self, run_dir: RunDir) -> None:
        """Read what earlier commands have written."""
        self._path, self._writing = run_dir.trackers, threading.Lock()
        self._found: dict[str, Any] = {}
        with suppress(RunDirError):  # of a newer version
            self._found = find_record(self._path) or {}

    def get(self, tracker: str) -> str | None:
        """Return the reference of the run; None if it is new to the tracker."""
        return self._entry(tracker).get("run")

    def files(self, tracker: str) -> dict[str, str]:
        """Return the checksums of the files that are stored there, by name."""
        return dict(self._entry(tracker).get("files") or {})

    def set(self, tracker: str, reference: str, files: Mapping[str, str] | None = None) -> None:
        """Write the reference, and the checksums of `files` if these are stored now."""
        with self._writing:
            same = self.get(tracker) == reference
            stored = dict(files) if files is not None else self.files(tracker) if same else {}
            self._found[tracker] = {"run": reference, "files": stored}
            write_record(self._path, self._found)

    def _entry(self, tracker: str) -> dict[str, Any]:
        entry = self._found.get(tracker)
        return entry if isinstance(entry, dict) else {}
