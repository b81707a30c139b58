"""The run folder: paths of the files that stages read and write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sumtune.errors import RunDirError
from sumtune.files.records import find_record
from sumtune.files.stage_manifest import changed_since, listed

__all__ = ["DEFAULT_RUN_DIR", "RunDir"]

DEFAULT_RUN_DIR = Path("artifacts")


@dataclass(frozen=True)
class RunDir:
    """Paths inside one run folder. Nothing is created by naming a path."""

    root: Path
    drafts: Path | None = None
    """Parent of the data folders until a new run has passed every check; None means `root`."""
    stage: str = ""
    """Folder in `model_trainer` of a training that only prepares the final one; empty for the training of the run."""

    def at_stage(self, name: str) -> "RunDir":
        """Return this folder, with checkpoints, log and adapter of the training `name`."""
        return replace(self, stage=name)

    @property
    def _data(self) -> Path:
        return self.drafts or self.root

    @property
    def run_json(self) -> Path:
        return self.root / "run.json"

    @property
    def search_json(self) -> Path:
        """Record of a search. A folder holds either a run or a search."""
        return self.root / "search.json"

    @property
    def ingestion(self) -> Path:
        return self._data / "data_ingestion"

    def split(self, name: str) -> Path:
        """Return the JSONL file of the split `name`; a split without examples has no file."""
        return self.ingestion / f"{name}.jsonl"

    @property
    def validation_report(self) -> Path:
        return self._data / "data_validation" / "report.json"

    @property
    def transformation(self) -> Path:
        return self._data / "data_transformation"

    @property
    def trainer(self) -> Path:
        return self.root / "model_trainer" / self.stage

    @property
    def adapter(self) -> Path:
        return self.trainer / "adapter"

    @property
    def supervised(self) -> Path:
        return self.trainer / "supervised"

    @property
    def candidates(self) -> Path:
        return self.trainer / "candidates"

    @property
    def train_metrics(self) -> Path:
        return self.trainer / "metrics.jsonl"

    @property
    def trackers(self) -> Path:
        return self.root / "model_trainer" / "trackers.json"

    @property
    def tensorboard(self) -> Path:
        return self.root / "tensorboard"

    @property
    def evaluation(self) -> Path:
        return self.root / "model_evaluation"

    @property
    def diagnosis(self) -> Path:
        return self.root / "diagnosis.json"

    @property
    def report(self) -> Path:
        return self.root / "report.html"

    @property
    def model_card(self) -> Path:
        return self.root / "MODEL_CARD.md"

    @property
    def export_summaries(self) -> Path:
        """Folder of the tuned model's summaries with which exports are compared."""
        return self.root / "model_export"

    def record(self) -> dict[str, Any]:
        """Return the content of `run.json`; empty if there is none.

        Raises:
            RunDirError: it cannot be read, is damaged, or was written by a newer version.
        """
        record = find_record(self.run_json)
        if record is None and self.run_json.exists():
            raise RunDirError(f"{self.run_json} cannot be read or is damaged: {self.remedy('run')}")
        return record or {}

    def require(self, path: Path, stage: str) -> Path:
        """Return `path`, after a check that the command `stage` wrote it and it has not changed since.

        Raises:
            RunDirError: it does not exist or has changed; the message names the command that makes it.
        """
        if path.exists() and not changed_since(path):
            return path
        place = path.relative_to(self.root)
        problem = f"{place} has changed since it was written" if path.exists() else f"{self.root} has no {place}"
        raise RunDirError(f"{problem}: {self.remedy(stage)}")

    def has(self, path: Path) -> bool:
        """Return whether a stage has written `path`, even if the file is missing now."""
        return path.exists() or path.name in listed(path.parent)

    def remedy(self, stage: str) -> str:
        """Return what to do if files of a command are missing or have changed; `stage` is the name of the command."""
        if self.search_json.exists():
            return f"{self.root} holds a search, whose best run is in {self.root / 'best'}: give that to --run-dir."
        if stage in ("run", "train") and self.run_json.exists():
            return f"repeat the `sumtune run` command that made {self.root}."
        return f"run `sumtune {stage} --run-dir {self.root}` first."
