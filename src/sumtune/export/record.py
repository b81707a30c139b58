"""`export.json`: what was exported, and how it was checked. It holds no dialogue and no summary."""

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from sumtune.export.format import ExportFormat
from sumtune.export.proof import Proof
from sumtune.export.publish import RECORD
from sumtune.export.source import ExportSource
from sumtune.files.checksums import file_sum
from sumtune.files.records import write_record
from sumtune.versions import version

__all__ = ["write_export_record"]


def write_export_record(
    folder: Path, kind: ExportFormat, source: ExportSource, proof: Proof | None, why_not_checked: str | None
) -> None:
    """Write `export.json` into `folder`, with the SHA-256 of every other file there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    write_record(
        folder / RECORD,
        {
            "export_format": kind.name,
            "base_model": source.base.name,
            "versions": {name: _version(name) for name in dict.fromkeys(("sumtune", "torch", "transformers",
                                                                         kind.runtime))},
            "check": {"result": "not checked", "reason": why_not_checked} if proof is None else _check(proof),
            "sha256": {str(path.relative_to(folder)): file_sum(path) for path in files},
        },
    )  # fmt: skip


def _check(proof: Proof) -> dict[str, Any]:
    record = asdict(proof)
    return {"result": "failed" if proof.problems else "passed", "problems": proof.problems, **record}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
