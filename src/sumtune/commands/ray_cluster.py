"""A Ray cluster that works for a command."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.errors import ConfigError

__all__ = ["Place", "cluster", "count_workers"]

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Place:
    """Where a worker of Ray works."""

    folder: Path
    """Current folder of the command: relative names mean the same in every process."""
    cores: int
    """Cores that the worker uses."""

    def enter(self) -> None:
        """Make this process work there."""
        from sumtune.decode.threads import limit_threads

        os.chdir(self.folder)
        limit_threads(self.cores)


@contextmanager
def cluster(address: str) -> Iterator[Any]:
    """Yield the module `ray`, connected to the cluster at `address` ("auto": the cluster of this machine).

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at `address`.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigError("--ray needs the package `ray`: pip install 'sumtune[ray]'") from None
    try:
        _connect_once(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"There is no Ray cluster at {address!r} ({reason}): run `ray start --head` first.") from None
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    finally:
        ray.shutdown()


def _connect_once(address: str) -> None:
    """Raise OSError if nothing answers at an `address` such as HOST:6379, for which Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if host and "/" not in host and port.isdecimal():
        socket.create_connection((host, int(port)), PATIENCE_S).close()


def count_workers(ray: Any, cores: int) -> int:
    """Return the number of workers with `cores` cores each that fit on the machines of the cluster.

    Raises:
        ConfigError: no machine has that many cores.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not (workers := sum(int(machine.get("CPU", 0)) // cores for machine in machines)):
        raise ConfigError(f"The Ray cluster has no machine with {cores} cores: give --cores a smaller number.")
    return workers
