import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sumtune.files.run_dir import RunDir

Row = dict[str, Any]


@pytest.fixture
def rows() -> list[Row]:
    """Twenty-five made-up examples without any issue but that they are few."""
    return [
        {
            "dialogue": f"Ann: Shall we meet on day {n}, at noon?\nBob: Yes, on day {n} I have time.",
            "summary": f"Ann and Bob meet on day {n}.",
        }
        for n in range(25)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, list[Row]], Path]:
    """Writes rows as JSONL to a file of the test's own folder."""

    def write_rows(name: str, rows: list[Row]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write_rows


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path / "artifacts")
