"""Measurements that are kept: the next start on the same machine, data and settings need not make them again."""

import json
import math
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sumtune.files.atomic import write_json
from sumtune.files.checksums import fingerprint
from sumtune.model.sources import cache_dir

__all__ = ["KeptMeasurement"]


@dataclass(frozen=True)
class KeptMeasurement:
    """A file of numbers in the cache, named by all that they depend on."""

    file: Path

    @classmethod
    def of(cls, files: Iterable[Path], settings: object) -> "KeptMeasurement":
        """The one of what is computed from `files` with `settings` on this machine, with these versions."""
        packages = {name: version(name) for name in ("sumtune", "torch", "transformers")}
        machine = (platform.node(), platform.machine(), os.cpu_count())
        made_from = fingerprint(files, {"settings": settings, "packages": packages, "machine": machine})
        return cls(cache_dir() / "forecasts" / f"{made_from[:16]}.json")

    def read(self) -> dict[str, float] | None:
        """The numbers; None where there are none that can be used."""
        try:
            numbers = {str(name): float(n) for name, n in json.loads(self.file.read_text(encoding="utf-8")).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return None
        return numbers if all(0 <= number < math.inf for number in numbers.values()) else None

    def write(self, numbers: dict[str, float]) -> None:
        """Keeps `numbers`; where that is impossible they are measured again each time."""
        with suppress(OSError):
            write_json(self.file, numbers)
