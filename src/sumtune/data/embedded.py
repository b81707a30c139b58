"""The embedded data set: conversations that come with the package."""

import json
from importlib.resources import files
from pathlib import Path

from sumtune.data.example import SPLITS
from sumtune.errors import DataError

__all__ = ["embedded_files", "embedded_pairs"]

CORPUS = Path(str(files("sumtune.data") / "corpus"))


def embedded_files() -> dict[str, Path]:
    """Return the file of each split.

    Raises:
        DataError: a file is missing.
    """
    found = {name: CORPUS / f"{name}.jsonl" for name in SPLITS}
    missing = [file.name for file in found.values() if not file.is_file()]
    if missing:
        raise DataError(f"The embedded data set lacks {', '.join(missing)} in {CORPUS}; install sumtune again.")
    return found


def embedded_pairs(split: str) -> list[tuple[str, str]]:
    """Return dialogue and summary of each embedded example of `split`."""
    rows = map(json.loads, (CORPUS / f"{split}.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["dialogue"], row["summary"]) for row in rows]
