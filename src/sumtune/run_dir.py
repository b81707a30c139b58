"""The run folder: where each stage finds and leaves its files, and how they are written."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sumtune.errors import RunDirError
from sumtune.failpoints import failpoint

__all__ = ["RunDir", "fingerprint", "sync_dir", "write_bytes", "write_json", "write_text"]


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


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` so that a reader sees either the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        failpoint("write.begun")
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    failpoint("write.whole")
    temporary.replace(path)
    sync_dir(path.parent)
    failpoint("write.renamed")


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON, atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def sync_dir(folder: Path) -> None:
    """Makes renames inside `folder` durable (a no-op where folders cannot be opened)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fingerprint(files: Iterable[Path], settings: object) -> str:
    """SHA-256 (hex) over the contents of `files` and the JSON form of `settings`."""
    digest = sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
