"""Forecast of the scores of a run: a regression on the bank, with a conformal interval around it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.conformal import conformal_quantile
from sumtune.forecast.score_bank import BankRow
from sumtune.forecast.score_model import fit_score_model, has_figures

__all__ = ["LEVEL", "ExpectedScore", "ScoreForecast", "floor", "forecast_scores", "left_out_residuals"]

LEVEL = 0.8
"""Share of runs whose score should lie in its interval."""
FEWEST_ROWS, FEWEST_DATA_SETS = 24, 3
"""With fewer rows or data sets, left-out residuals say too little about the next data set."""
SEED_SD = 0.005
"""Standard deviation of ROUGE-1 between runs that differ only in their seed; the most that was seen is 0.0065 between
two (docs/notes/quality.md)."""
EXAMPLE_SD = 0.16
"""Standard deviation of ROUGE-1 between examples: the mean of 380 has a standard error of 0.008."""
BEYOND = 0.25
"""How far a figure may lie outside those of the bank, as a share of their range."""
DOMAIN = {
    "examples": "number of training examples", "epochs": "number of epochs", "learning_rate": "learning rate",
    "dialogue_words": "length of the dialogues", "summary_words": "length of the summaries",
    "novel_bigrams": "share of new word pairs in the summaries", "longest_3_rouge1": "score of longest-3",
    "base_loss": "loss of the base model",
}  # fmt: skip
"""Figures that must be like those of the bank, with their names for the user."""
LOGARITHMIC = {"examples", "epochs", "learning_rate", "dialogue_words", "summary_words"}


@dataclass(frozen=True)
class ExpectedScore:
    """A forecast of one score, with the ends of its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class ScoreForecast:
    """Expected scores by metric; empty if `unknown` says why there are none."""

    scores: Mapping[str, ExpectedScore]
    depth: int | None = None
    """Optimizer steps of the pilot that they rest on; None if they rest on the figures of the data alone."""
    unknown: str = ""


def forecast_scores(
    bank: Sequence[BankRow], model: str, figures: Mapping[str, float], depth: int | None, level: float = LEVEL
) -> ScoreForecast:
    """Return the expected scores of a run with `figures` on the base model `model`.

    `depth` is that of the pilot, whose figures are among them; None uses the figures of the data alone.
    """
    rows = [row for row in bank if row.model == model and has_figures(row.figures, ROUGE_METRICS[0], depth)]
    if reason := _unlike(rows, figures, depth):
        return ScoreForecast({}, depth, reason)
    scores = {metric: _expected(rows, metric, figures, depth, level) for metric in ROUGE_METRICS}
    return ScoreForecast(scores, depth)


def _expected(
    rows: Sequence[BankRow], metric: str, figures: Mapping[str, float], depth: int | None, level: float
) -> ExpectedScore:
    mean = fit_score_model(rows, metric, depth).predict(figures)
    residuals = left_out_residuals(rows, metric, depth)
    half = conformal_quantile(residuals, [row.data for row in rows], level) * _scale(figures, depth)
    half = max(half, floor(figures["scored"], level))
    return ExpectedScore(mean, max(0.0, mean - half), min(1.0, mean + half))


def left_out_residuals(rows: Sequence[BankRow], metric: str, depth: int | None) -> list[float]:
    """Return for each row how far a model without its data set is off, in units of `_scale`."""
    models = {
        data: fit_score_model([row for row in rows if row.data != data], metric, depth)
        for data in {row.data for row in rows}
    }
    return [
        (row.figures[f"final_{metric}"] - models[row.data].predict(row.figures)) / _scale(row.figures, depth)
        for row in rows
    ]


def _scale(figures: Mapping[str, float], depth: int | None) -> float:
    """Return how uncertain the prediction of a run is, relative to others: few examples make its scores noisy."""
    noise = EXAMPLE_SD / math.sqrt(figures["scored"])
    pilot = EXAMPLE_SD / math.sqrt(figures["held_out"]) if depth is not None else 0.0
    return math.sqrt(SEED_SD**2 + noise**2 + pilot**2 / 4)


def floor(scored: float, level: float) -> float:
    """Return half the width of the narrowest interval: the spread of seeds and of the examples that are scored."""
    return NormalDist().inv_cdf((1 + level) / 2) * math.hypot(SEED_SD, EXAMPLE_SD / math.sqrt(scored))


def _unlike(rows: Sequence[BankRow], figures: Mapping[str, float], depth: int | None) -> str:
    """Return why `rows` say nothing about a run with `figures`; empty if they do."""
    if len(rows) < FEWEST_ROWS or len({row.data for row in rows}) < FEWEST_DATA_SETS:
        return "there are too few finished runs with this base model"
    for name, words in DOMAIN.items():
        if name not in figures or (name == "base_loss" and depth is None):
            continue
        known, value = [_position(name, row.figures[name]) for row in rows], _position(name, figures[name])
        margin = BEYOND * (max(known) - min(known)) + 1e-9
        if not min(known) - margin <= value <= max(known) + margin:
            return f"the {words} is unlike that of any finished run"
    return ""


def _position(name: str, value: float) -> float:
    return math.log(max(value, 1e-9)) if name in LOGARITHMIC else value
