"""The bank: figures and scores of earlier runs, from which the scores of a new run are forecast."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from sumtune.config import Config
from sumtune.forecast.data_features import DataFeatures

if TYPE_CHECKING:  # comparing runs needs no PyTorch
    from sumtune.forecast.pilot import Pilot

__all__ = [
    "FEWEST_STEPS",
    "BankRow",
    "data_figures",
    "dump_bank",
    "final_figures",
    "load_bank",
    "pilot_figures",
    "planned_steps",
    "run_figures",
    "shipped_bank",
]

FILE = "bank.csv"
TEXTS = ("data", "model")
FEWEST_STEPS = 20
"""Shorter runs are neither learned from nor forecast: after 11 to 15 optimizer steps, ROUGE-1 was 0.16 to 0.29 where 48
steps gave 0.34 to 0.42 (docs/forecast.md)."""


@dataclass(frozen=True)
class BankRow:
    """A scored run as numbers."""

    data: str
    """Name of the data set; rows of one data set are left out together."""
    model: str
    figures: Mapping[str, float]
    """Numbers by name, as the functions below name them; those of a pilot may be missing."""

    @property
    def is_long(self) -> bool:
        """Whether the run had enough optimizer steps to say something about others."""
        return self.figures.get("steps", 0) >= FEWEST_STEPS


def data_figures(features: DataFeatures) -> dict[str, float]:
    """Return the numbers of a data set by name."""
    return {
        "dialogue_words": features.dialogue_words, "summary_words": features.summary_words,
        "novel_bigrams": features.novel_bigrams,
        **_named("lead_3", features.lead_3), **_named("longest_3", features.longest_3),
    }  # fmt: skip


def pilot_figures(pilot: "Pilot") -> dict[str, float]:
    """Return the numbers of a pilot by name."""
    figures = {"held_out": pilot.held_out, "base_loss": pilot.base_loss}
    figures |= _named("held_out_longest_3", pilot.longest_3)
    for point in pilot.points:
        name = f"pilot_{point.steps}"
        figures |= {f"{name}_loss": point.loss, f"{name}_learned_loss": point.learned_loss}
        figures |= _named(name, point.scores)
    return figures


def planned_steps(config: Config, examples: int) -> int:
    """Return the number of optimizer steps of a run that trains on `examples`."""
    return math.ceil(examples / config.train.effective_batch_size) * config.train.epochs


def run_figures(config: Config, examples: int, scored: int) -> dict[str, float]:
    """Return the numbers of a run that trains on `examples` and is scored on `scored` examples, by name."""
    return {
        "examples": examples, "epochs": config.train.epochs, "steps": planned_steps(config, examples),
        "learning_rate": config.train.learning_rate, "beams": config.decode.beams, "scored": scored,
        "all_linear": float(config.lora.target_modules == ("all-linear",)),
    }  # fmt: skip


def final_figures(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the final scores of a run by name."""
    return _named("final", scores)


def _named(name: str, scores: Mapping[str, float]) -> dict[str, float]:
    return {f"{name}_{metric}": value for metric, value in scores.items()}


def shipped_bank() -> tuple[BankRow, ...]:
    """Return the rows that come with the package; `benchmarks/bank_table.py` makes them."""
    return load_bank((files("sumtune.forecast") / FILE).read_text(encoding="utf-8"))


def load_bank(text: str) -> tuple[BankRow, ...]:
    """Return the rows of a table that `dump_bank` wrote."""
    rows = csv.DictReader(io.StringIO(text))
    return tuple(
        BankRow(row["data"], row["model"], {k: float(v) for k, v in row.items() if k not in TEXTS and v})
        for row in rows
    )


def dump_bank(rows: Sequence[BankRow]) -> str:
    """Return `rows` as CSV text with five significant digits. A number that a row lacks is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*TEXTS, *names])
    writer.writerows([row.data, row.model, *_cells(row.figures, names)] for row in rows)
    return text.getvalue()


def _cells(figures: Mapping[str, float], names: Iterable[str]) -> list[str]:
    return [f"{figures[name]:.5g}" if name in figures else "" for name in names]
