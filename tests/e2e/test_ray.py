"""Shards of conversations, summarized by a Ray cluster of two nodes on this machine, one of whose workers is killed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import small_runs
import tiny

from sumtune.commands.summarize_folder import Job, summarize_folder

pytest.importorskip("ray")
pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("ignore")]
SHARDS, ROWS = 6, 200
RAY = "import sys; from ray.scripts.scripts import main; sys.argv[0] = 'ray'; sys.exit(main())"


@dataclass
class Cluster:
    """Two nodes with two cores each."""

    address: str
    nodes: list[psutil.Popen]

    def processes(self) -> list[psutil.Process]:
        return [process for node in self.nodes for process in [*node.children(recursive=True), node]]

    def kill_a_worker(self, target: Path, killed: list[int]) -> None:
        """Kill a worker as soon as one has begun to write summaries."""
        deadline = time.monotonic() + 100
        while not killed and time.monotonic() < deadline:
            begun = any(part.stat().st_size for part in target.glob(".*.part"))
            for process in self.processes() if begun else ():
                if "ShardWorker" in " ".join(process.cmdline()):
                    process.kill()
                    killed.append(process.pid)
                    return
            time.sleep(0.05)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = [
        "--node-ip-address=127.0.0.1",
        "--num-cpus=2",
        "--disable-usage-stats",
        "--object-store-memory=80000000",
        "--block",
    ]
    head = ["--head", f"--port={port}", "--include-dashboard=false"]
    folder = f"/tmp/sumtune-ray-{os.getpid()}"  # the paths of its sockets must be short
    found = Cluster(f"127.0.0.1:{port}", [])
    try:
        for options in ([*head, f"--temp-dir={folder}"], [f"--address={found.address}"]):
            command = [sys.executable, "-c", RAY, "start", *options, *common]
            found.nodes.append(psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            time.sleep(5)
        yield found
    finally:
        for process in found.processes():
            process.kill()
        for node in found.nodes:
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_killed_worker_loses_and_repeats_no_row(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_runs.make_places(tmp_path, tiny.save_model("llama", tmp_path / "tiny"), ["finished"])
    monkeypatch.chdir(tmp_path / "finished")
    source, target, killed = tmp_path / "in", tmp_path / "out", []
    source.mkdir()
    for shard in range(SHARDS):
        rows = ({"id": f"{shard}-{n}", **tiny.conversation(n)} for n in range(ROWS))
        (source / f"{shard}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    killer = threading.Thread(target=cluster.kill_a_worker, args=(target, killed))
    killer.start()
    summarize_folder(Job(source, target, small_runs.RUN.root), cluster.address, cores=1)
    killer.join()
    assert killed
    written = [json.loads(line) for file in sorted(target.glob("*.jsonl")) for line in file.open(encoding="utf-8")]
    assert [row["id"] for row in written] == [f"{shard}-{n}" for shard in range(SHARDS) for n in range(ROWS)]
    assert all("summary" in row for row in written)
