"""SHA-256 of files, to detect changed inputs and damaged files."""

import json
from collections.abc import Iterable, Mapping
from hashlib import file_digest, sha256
from pathlib import Path

__all__ = ["changed_file", "file_sum", "fingerprint", "folder_sums"]


def file_sum(file: Path) -> str:
    """Return the SHA-256 (hex) of the content of `file`."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def folder_sums(folder: Path, leave_out: Iterable[str] = ()) -> dict[str, str]:
    """Return the SHA-256 (hex) of every file directly in `folder`, by name."""
    skipped = set(leave_out)
    return {file.name: file_sum(file) for file in sorted(folder.iterdir()) if file.name not in skipped}


def changed_file(folder: Path, sums: Mapping[str, str]) -> str | None:
    """Return the name of a file in `folder` that is missing or does not match its sum in `sums`; None if all match."""
    for name, wanted in sums.items():
        try:
            if file_sum(folder / name) != wanted:
                return name
        except (OSError, ValueError):  # missing, unreadable, or not a valid file name
            return name
    return None


def fingerprint(files: Iterable[Path], settings: object) -> str:
    """Return the SHA-256 (hex) over names and contents of `files` and the JSON form of `settings`."""
    digest = sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
