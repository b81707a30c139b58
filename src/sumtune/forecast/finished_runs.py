"""The user's own finished runs, which join the bank: numbers only, in the cache."""

import math
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from sumtune.errors import ConfigError
from sumtune.files.atomic import write_text
from sumtune.files.cache_dir import cache_dir
from sumtune.files.checksums import file_sum
from sumtune.forecast.score_bank import BankRow, dump_bank, load_bank
from sumtune.model.locate import EMBEDDED

__all__ = ["add_finished_run", "data_key", "finished_runs", "model_key"]

FILE = "finished-runs.csv"
MOST_ROWS = 500
"""Most rows in the file; the oldest ones are dropped."""
DIGITS = 12


def finished_runs() -> tuple[BankRow, ...]:
    """Return the rows of earlier runs of this user; none if there is no file or it is damaged."""
    with suppress(OSError, ConfigError, ValueError, KeyError, TypeError):
        rows = load_bank((cache_dir() / FILE).read_text(encoding="utf-8"))
        return tuple(row for row in rows if all(map(math.isfinite, row.figures.values())))
    return ()


def add_finished_run(row: BankRow) -> None:
    """Add `row`, or replace the earlier row of an equal run. Do nothing if the file cannot be written."""
    others = [other for other in finished_runs() if not _same_run(other, row)]
    with suppress(OSError, ConfigError):
        write_text(cache_dir() / FILE, dump_bank([*others, row][-MOST_ROWS:]))


def _same_run(one: BankRow, other: BankRow) -> bool:
    return _before(one) == _before(other)


def _before(row: BankRow) -> tuple[str, str, Sequence[tuple[str, str]]]:
    """Return what was known before the run, rounded as in the file."""
    figures = [(name, f"{value:.5g}") for name, value in row.figures.items() if not name.startswith("final_")]
    return row.data, row.model, sorted(figures)


def model_key(name: str, revision: str | None = None) -> str:
    """Return the name that the bank (`score_bank.py`, the table of earlier runs) gives a base model.

    It is `embedded`, or a hash, because a path may identify the user.
    """
    return name if name == EMBEDDED else sha256(f"{name}@{revision}".encode()).hexdigest()[:DIGITS]


def data_key(validation: Path) -> str:
    """Return the name that the bank (`score_bank.py`, the table of earlier runs) gives a data set.

    It is a hash of the validation split, which is the same for every `train_share`.
    """
    return file_sum(validation)[:DIGITS]
