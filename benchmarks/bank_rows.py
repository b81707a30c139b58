"""Reading of what bank.py measured, for the programs that use it."""

import json
from pathlib import Path
from typing import Any

from sumtune.forecast.score_bank import BankRow, figures_of

__all__ = ["bank_rows", "measured"]

BEAMS = (1, 4)


def measured(*files: Path) -> list[dict[str, Any]]:
    """Return the rows of `bank.py` in `files`, each run once."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return list({row["key"]: row for row in map(json.loads, lines)}.values())


def bank_rows(row: dict[str, Any]) -> list[BankRow]:
    """Return the rows of the bank that one run gives: its adapter was scored with greedy search and with beams."""
    return [
        BankRow(row["data"], row["model"], figures_of(
            features=row["features"], pilot=row["pilot"], examples=row["trained"], epochs=row["epochs"],
            learning_rate=row["learning_rate"], all_linear=row["all_linear"], beams=beams, scored=row["scored"],
            scores={name: value for name, value in row[f"beam_{beams}"].items() if name.startswith("rouge")},
        ))
        for beams in BEAMS
    ]  # fmt: skip
