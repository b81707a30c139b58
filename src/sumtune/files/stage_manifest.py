"""`manifest.json` in the folder of a stage: a fingerprint of its inputs, and the SHA-256 of each file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sumtune.files.checksums import changed_file, folder_sums
from sumtune.files.records import find_record, write_record

__all__ = ["MANIFEST", "SUMS", "changed_since", "damage", "listed", "up_to_date", "write_manifest"]

MANIFEST = "manifest.json"
SUMS = "sha256"
FINGERPRINT = "fingerprint"


def write_manifest(folder: Path, facts: Mapping[str, Any], leave_out: Iterable[str] = ()) -> None:
    """Write `facts` and the sums of all files in `folder` except `leave_out`. This is the last file of a stage."""
    write_record(folder / MANIFEST, {**facts, SUMS: folder_sums(folder, (MANIFEST, *leave_out))})


def listed(folder: Path) -> dict[str, Any]:
    """Return the sums in the manifest of `folder` by file name; empty if no manifest can be read."""
    sums = (find_record(folder / MANIFEST) or {}).get(SUMS)
    return sums if isinstance(sums, dict) else {}


def damage(folder: Path) -> str | None:
    """Return what is wrong with the files of `folder`; None if all match the manifest."""
    sums = listed(folder)
    if not sums:
        return f"{MANIFEST} is missing or damaged"
    changed = changed_file(folder, sums)
    return None if changed is None else f"{changed} is missing or has changed"


def up_to_date(folder: Path, fingerprint: str) -> bool:
    """Return whether `folder` is undamaged and was made from inputs with this `fingerprint`."""
    manifest = find_record(folder / MANIFEST)
    return manifest is not None and manifest.get(FINGERPRINT) == fingerprint and damage(folder) is None


def changed_since(file: Path) -> bool:
    """Return whether `file` differs from its sum in the manifest beside it; False if it has none there."""
    sums = listed(file.parent)
    return file.name in sums and changed_file(file.parent, {file.name: sums[file.name]}) is not None
