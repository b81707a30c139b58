"""Ray clusters on this machine: one process for each node, started as a user starts them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

START = (sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats")
MEMORY = ("--object-store-memory", "100000000")
PATIENCE_S = 60


@contextmanager
def local_cluster(nodes: int = 2, cores: int = 1) -> Iterator[str]:
    """Yield the address of a cluster of `nodes` nodes with `cores` cores each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        head = ("--head", "--port", address.rpartition(":")[2], "--include-dashboard=false", "--temp-dir", folder)
        started = [_node((*head, "--num-cpus", str(cores)))]
        try:
            _wait_for(1, address, started)
            started += [_node(("--address", address, "--num-cpus", str(cores))) for _ in range(nodes - 1)]
            _wait_for(nodes, address, started)
            yield address
        finally:
            for node in reversed(started):
                _end(node)


def _node(arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    where = ("--node-ip-address", "127.0.0.1")
    return subprocess.Popen(
        (*START, *where, *MEMORY, *arguments), env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _wait_for(nodes: int, address: str, started: "list[subprocess.Popen[bytes]]") -> None:
    from ray._raylet import GcsClient

    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert all(node.poll() is None for node in started), "a node of Ray ended"
        with suppress(Exception):
            alive = GcsClient(address=address).get_all_node_info()
            if len(alive) == nodes:
                return
        time.sleep(0.2)
    raise TimeoutError(f"{nodes} nodes did not start in {PATIENCE_S} s")


def _end(node: "subprocess.Popen[bytes]") -> None:
    node.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        node.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(node.pid, signal.SIGKILL)
    node.wait()
