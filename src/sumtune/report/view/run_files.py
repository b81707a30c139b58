"""Everything that the report needs from a run folder, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.config import Config
from sumtune.data.issues import Issue
from sumtune.errors import RunDirError
from sumtune.evaluate.scorecard import Scorecard
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import load_encoded
from sumtune.train.event_log import Event, read_events

__all__ = ["RunFiles", "read_run_files"]


@dataclass(frozen=True)
class RunFiles:
    """The content of a scored run folder. What the folder lacks is empty or None."""

    run_dir: RunDir
    record: Mapping[str, Any]
    """The content of `run.json`."""
    config: Config
    scorecard: Scorecard
    diagnosis: Mapping[str, Any] | None
    """The content of `diagnosis.json`; None if it is missing or about other scores."""
    events: tuple[Event, ...]
    """Events of training on the reference summaries."""
    best_step: int | None
    """Optimizer step of the lowest validation loss."""
    issues: tuple[Issue, ...]
    """What validation found in the data."""
    split_sizes: Mapping[str, int]
    encoded: Sequence[Encoded]
    """Training examples as token ids."""
    hub_data: str | None
    """Hugging Face id of the data set; None for files of one's own, whose names nobody else needs to know."""
    sums: Mapping[str, str]
    """SHA-256 of data, adapter and predictions, by path in the folder."""

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.run_dir.root.resolve().name


def read_run_files(run_dir: RunDir) -> RunFiles:
    """Return the content of a run folder. Writes nothing.

    Raises:
        RunDirError: there is no such folder, it holds no scored run, or a file is damaged.
    """
    if not run_dir.root.is_dir():
        raise RunDirError(f"There is no run folder {str(run_dir.root)!r}.")
    scorecard = load_scorecard(run_dir)
    run_dir.require(run_dir.run_json, "run")
    record, report = run_dir.record(), find_record(run_dir.validation_report) or {}
    trained = find_record(run_dir.trainer / MANIFEST) or {}
    encoded = run_dir.transformation / "train.safetensors"
    return RunFiles(
        run_dir=run_dir,
        record=record,
        config=_config(record, run_dir),
        scorecard=scorecard,
        diagnosis=_diagnosis(run_dir, scorecard),
        events=tuple(read_events(run_dir.train_metrics)),
        best_step=trained.get("best_step"),
        issues=tuple(Issue(**entry) for entry in report.get("findings", ())),
        split_sizes=report.get("examples", {}),
        encoded=load_encoded(encoded) if encoded.is_file() else (),
        hub_data=_hub_data(run_dir, record),
        sums=_sums(run_dir, trained),
    )


def _config(record: Mapping[str, Any], run_dir: RunDir) -> Config:
    from pydantic import ValidationError

    try:
        return Config.model_validate(record.get("config", {}))
    except ValidationError:
        raise RunDirError(
            f"{run_dir.run_json} has settings of another version of sumtune: {run_dir.remedy('run')}"
        ) from None


def _diagnosis(run_dir: RunDir, scorecard: Scorecard) -> Mapping[str, Any] | None:
    found = find_record(run_dir.diagnosis)
    if found is None or not found.get("rouge1"):
        return None
    same = abs(found["rouge1"]["mean"] - scorecard.systems["tuned"].metrics["rouge1"].mean) < 1e-9
    return found if same and found.get("n") == scorecard.signature.n else None


def _hub_data(run_dir: RunDir, record: Mapping[str, Any]) -> str | None:
    path = record.get("config", {}).get("data", {}).get("path", "")
    tables = (find_record(run_dir.ingestion / MANIFEST) or {}).get("columns", {})
    return path if any(name.startswith(f"{path}#") for name in tables) else None


def _sums(run_dir: RunDir, trained: Mapping[str, Any]) -> dict[str, str]:
    """Return the recorded SHA-256 of the files that a reader may want to compare, by path."""
    folders = {run_dir.ingestion: "sha256", run_dir.evaluation: "sha256"}
    found = {
        str(Path(folder.name, name)): digest
        for folder, key in folders.items()
        for name, digest in sorted((find_record(folder / MANIFEST) or {}).get(key, {}).items())
    }
    adapter = {f"adapter/{name}": digest for name, digest in sorted(trained.get("adapter", {}).items())}
    return found | adapter
