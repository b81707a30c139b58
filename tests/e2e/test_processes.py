"""Real processes train together through torch.distributed, and what a killed one leaves behind can be continued."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from sumtune import cli

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def command(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    data = tmp_path_factory.mktemp("data")
    tiny.write_jsonl(data / "train.jsonl", 40)
    tiny.write_jsonl(data / "validation.jsonl", 10, start=60)
    settings = ["train.epochs=2", "train.validation_examples=4", "model.precision=fp32", "model.device=cpu"]
    sets = [part for setting in settings for part in ("--set", setting)]
    return ["-m", "sumtune", "train", "--data", str(data), "--model", str(tiny_models["gemma"]), *sets]


def started(command: list[str], run_dir: Path, rank: int, size: int, port: int, **extra: str) -> subprocess.Popen[str]:
    group = {"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | group | extra
    return subprocess.Popen(
        [sys.executable, *command, "--run-dir", str(run_dir)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def adapter(run_dir: Path) -> torch.Tensor:
    tensors = load_file(run_dir / "model_trainer" / "adapter" / "adapter_model.safetensors")
    return torch.cat([tensors[name].flatten() for name in sorted(tensors)])


def test_two_processes_train_what_one_trains_even_if_one_is_killed(command: list[str], tmp_path: Path) -> None:
    one = CliRunner().invoke(cli.app, [*command[2:], "--run-dir", str(tmp_path / "one")])
    assert one.exit_code == 0, one.output

    port = free_port()
    pair = [
        started(command, tmp_path / "two", 0, 2, port),
        started(command, tmp_path / "two", 1, 2, port, SUMTUNE_KILL_AT="step.moved:9"),
    ]
    outputs = [process.communicate(timeout=120)[0] for process in pair]
    assert [process.returncode for process in pair] == [2, -9], outputs
    assert "Processes: 2" in outputs[0]
    assert outputs[0].count("Another process of this run ended") == 1
    assert "Traceback" not in outputs[0]

    rest = started([*command, "--resume"], tmp_path / "two", 0, 1, free_port())
    output = rest.communicate(timeout=120)[0]
    assert rest.returncode == 0, output
    assert "Continuing from step" in output
    torch.testing.assert_close(adapter(tmp_path / "two"), adapter(tmp_path / "one"), rtol=1e-3, atol=1e-5)
