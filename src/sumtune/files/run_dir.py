"""The run folder: where each stage finds and leaves its files."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.errors import RunDirError

__all__ = ["RunDir"]


@dataclass(frozen=True)
class RunDir:
    """Paths inside one run folder. Nothing is created by naming a path."""

    root: Path

    @property
    def run_json(self) -> Path:
        return self.root / "run.json"

    @property
    def ingestion(self) -> Path:
        return self.root / "data_ingestion"

    def split(self, name: str) -> Path:
        """The JSONL file of the split `name`; a split without examples has no file."""
        return self.ingestion / f"{name}.jsonl"

    @property
    def validation_report(self) -> Path:
        return self.root / "data_validation" / "report.json"

    @property
    def transformation(self) -> Path:
        return self.root / "data_transformation"

    @property
    def trainer(self) -> Path:
        return self.root / "model_trainer"

    @property
    def adapter(self) -> Path:
        return self.trainer / "adapter"

    @property
    def train_metrics(self) -> Path:
        return self.trainer / "metrics.jsonl"

    @property
    def evaluation(self) -> Path:
        return self.root / "model_evaluation"

    @property
    def diagnosis(self) -> Path:
        return self.root / "diagnosis.json"

    def record(self) -> dict[str, Any]:
        """What `run.json` holds; empty where there is none that can be read."""
        try:
            recorded = json.loads(self.run_json.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return recorded if isinstance(recorded, dict) else {}

    def require_usable(self) -> None:
        """Raises RunDirError where the folder, or the nearest one above it that exists, cannot be written to."""
        nearest = next(path for path in (self.root, *self.root.absolute().parents) if path.exists())
        if not nearest.is_dir():
            raise RunDirError(f"{nearest} is a file: give --run-dir a folder.")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise RunDirError(f"{nearest} cannot be written to: give another --run-dir.")

    def require(self, path: Path, stage: str) -> Path:
        """`path`, which `stage` must have written.

        Raises:
            RunDirError: it does not exist; the message names the command that makes it.
        """
        if not path.exists():
            raise RunDirError(
                f"{self.root} has no {path.relative_to(self.root)}: run `sumtune {stage} --run-dir {self.root}` first."
            )
        return path
