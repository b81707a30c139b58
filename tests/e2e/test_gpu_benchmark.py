"""benchmarks/gpu.py runs every part in miniature on a CPU."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PARTS = (
    "environment",
    "equality",
    "speed",
    "graphs",
    "memory",
    "recovery",
    "generation",
    "compile",
    "qlora",
    "processes",
)
pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the models and conversations of all parts."""
    return tmp_path_factory.mktemp("gpu")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_runs_in_miniature(
    work: Path, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """In this process: starting one for each part takes longer than the parts."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import gpu

    out = tmp_path / "part.jsonl"
    gpu.run_part(Namespace(part=part, device="cpu", tiny=True, work=work, out=out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["part"] for row in rows} == {part}
    if part == "recovery":
        (difference,) = (row["result"] for row in rows if row["case"] == "relative difference of the gradient")
        assert float(difference) < 1e-5
    assert tuple(gpu.LIMITS_S) == PARTS


def test_parts_run_in_processes_of_their_own_and_one_that_fails_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = [sys.executable, str(BENCHMARKS / "gpu.py"), "--tiny", "--only", "environment", "processes"]
    no_gpu = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([*command, "--device", "cuda", "--out", str(out)], check=True, env=no_gpu)
    rows = json.loads(out.read_text(encoding="utf-8"))
    *_, failed, gpus = rows
    assert (failed["part"], failed["case"]) == ("environment", "FAILED")
    assert "CUDA" in failed["result"]
    assert (gpus["part"], gpus["case"]) == ("processes", "GPUs")
