"""Cache of timing measurements, keyed by data, settings, versions and machine."""

import math
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sumtune.errors import ConfigError, SumtuneError
from sumtune.files.cache import Entry
from sumtune.files.checksums import fingerprint
from sumtune.files.records import read_record, write_record
from sumtune.versions import version

__all__ = ["MeasurementCache"]

FILE = "seconds.json"


@dataclass(frozen=True)
class MeasurementCache:
    """A cache entry that holds named numbers."""

    entry: Entry

    @classmethod
    def of(cls, files: Iterable[Path], settings: object) -> "MeasurementCache":
        """Return the cache entry for `files` and `settings` on this machine."""
        packages = {name: version(name) for name in ("sumtune", "torch", "transformers")}
        machine = (platform.node(), platform.machine(), os.cpu_count())
        key = fingerprint(files, {"settings": settings, "packages": packages, "machine": machine})
        return cls(Entry.named("forecasts", key[:16]))

    def read(self) -> dict[str, float] | None:
        """Return the numbers; None if the entry is missing or damaged."""
        if (folder := self.entry.find()) is None:
            return None
        try:
            numbers = {str(name): float(number) for name, number in read_record(folder / FILE).items()}
        except (SumtuneError, ValueError, TypeError):
            return None
        return numbers if all(0 <= number < math.inf for number in numbers.values()) else None

    def write(self, numbers: dict[str, float]) -> None:
        """Replace the numbers in the cache. If the cache cannot be written, every run measures again."""
        with suppress(OSError, ConfigError):
            self.entry.put(lambda folder: write_record(folder / FILE, numbers))
