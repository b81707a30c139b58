"""Reading of what bank.py measured, for the programs that use it."""

import json
from pathlib import Path
from typing import Any

from bank_lists import BankRun

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.data_features import DataFeatures
from sumtune.forecast.pilot import Pilot, PilotPoint
from sumtune.forecast.score_bank import BankRow, data_figures, final_figures, pilot_figures, run_figures

__all__ = ["bank_rows", "measured"]

BEAMS = (1, 4)


def measured(*files: Path) -> list[dict[str, Any]]:
    """Return the rows of `bank.py` in `files`, each run once."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return list({row["key"]: row for row in map(json.loads, lines)}.values())


def bank_rows(row: dict[str, Any]) -> list[BankRow]:
    """Return the rows of the bank that one run gives: its adapter was scored with greedy search and with beams."""
    points = tuple(PilotPoint(**point) for point in row["pilot"]["points"])
    known = data_figures(DataFeatures(**row["features"])) | pilot_figures(Pilot(**row["pilot"] | {"points": points}))
    return [BankRow(row["data"], row["model"], known | _run(row, beams)) for beams in BEAMS]


def _run(row: dict[str, Any], beams: int) -> dict[str, float]:
    """Return the figures of the run and its scores with `beams`."""
    config = BankRun.of(row["key"]).config(row["model"], "auto")
    config = config.model_copy(update={"decode": config.decode.model_copy(update={"beams": beams})})
    scores = {metric: row[f"beam_{beams}"][metric] for metric in ROUGE_METRICS}
    return run_figures(config, row["trained"], row["scored"]) | final_figures(scores)
