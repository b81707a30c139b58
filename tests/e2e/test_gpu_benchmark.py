"""benchmarks/gpu.py runs every part in miniature on a CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"
pytestmark = pytest.mark.e2e


def test_every_part_runs_in_miniature(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = [sys.executable, str(SCRIPT), "--tiny", "--device", "cpu", "--out", str(out)]
    subprocess.run(command, check=True, env=os.environ | {"SUMTUNE_CACHE": str(tmp_path / "cache")})
    rows = json.loads(out.read_text(encoding="utf-8"))
    failed = [row for row in rows if row["case"] == "FAILED"]
    assert failed == []
    figures = {row["case"]: row["result"] for row in rows}
    assert float(figures["relative difference of the gradient"]) < 1e-5
    assert {row["part"] for row in rows} == {
        "environment", "equality", "speed", "memory", "recovery", "generation", "compile", "qlora", "processes",
    }  # fmt: skip
