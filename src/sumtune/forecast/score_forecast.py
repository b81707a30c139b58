"""Forecast of the scores of a run: a regression on the bank, with a conformal interval around it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.conformal import conformal_quantile
from sumtune.forecast.score_bank import FEWEST_STEPS, BankRow
from sumtune.forecast.score_model import PENALTIES, fit_score_model, has_figures

__all__ = ["LEVEL", "ExpectedScore", "ScoreForecast", "floor", "forecast_scores", "left_out_residuals"]

LEVEL = 0.8
"""Share of runs whose score should lie in its interval."""
FEWEST_ROWS, FEWEST_DATA_SETS = 24, 3
"""With fewer rows or data sets, left-out residuals say too little about the next data set."""
SEED_SD = 0.005
"""Standard deviation of ROUGE-1 between runs that differ only in their seed. The largest difference seen between two is
0.0065 (docs/notes/quality.md)."""
EXAMPLE_SD = 0.16
"""Standard deviation of ROUGE-1 between examples: the mean of 380 has a standard error of 0.008."""
DATA = {"dialogue_words": 3.0, "summary_words": 2.0, "novel_bigrams": 0.12, "longest_3_rouge1": 0.2}
"""How far each figure of the data may lie outside the range that the rows of a similar data set span."""
SETTINGS = {"examples": 1.6, "epochs": 2.0, "learning_rate": 1.6}
"""How far each setting may lie outside the range of the runs on similar data sets."""
FACTORS = {"dialogue_words", "summary_words", *SETTINGS}
"""Figures whose tolerance is a factor; that of the others is a difference."""
NAMES = {"examples": "number of training examples", "epochs": "number of epochs", "learning_rate": "learning rate"}


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
    bank = [row for row in bank if row.model == model and row.is_long]
    known = [row for row in bank if has_figures(row.figures, ROUGE_METRICS[0], depth)]
    rows = _of_similar_data(known, figures)
    if reason := _unknown(known, rows, figures):
        return ScoreForecast({}, depth, reason)
    scores = {metric: _expected(rows, metric, figures, depth, level) for metric in ROUGE_METRICS}
    return ScoreForecast(scores, depth)


def _expected(
    rows: Sequence[BankRow], metric: str, figures: Mapping[str, float], depth: int | None, level: float
) -> ExpectedScore:
    penalty, residuals = _best_penalty(rows, metric, depth)
    mean = fit_score_model(rows, metric, depth, penalty).predict(figures)
    half = conformal_quantile(residuals, [row.data for row in rows], level) * _scale(figures, depth)
    half = max(half, floor(figures["scored"], level))
    return ExpectedScore(mean, max(0.0, mean - half), min(1.0, mean + half))


def _best_penalty(rows: Sequence[BankRow], metric: str, depth: int | None) -> tuple[float, list[float]]:
    """Return the penalty with the smallest left-out residuals (mean of the means over data sets), and these."""
    data = [row.data for row in rows]
    found = {penalty: left_out_residuals(rows, metric, depth, penalty) for penalty in PENALTIES}

    def error(penalty: float) -> float:
        return sum(abs(one) / data.count(name) for one, name in zip(found[penalty], data, strict=True))

    best = min(PENALTIES, key=error)
    return best, found[best]


def left_out_residuals(rows: Sequence[BankRow], metric: str, depth: int | None, penalty: float) -> list[float]:
    """Return for each row the error of a model fitted without its data set, in units of `_scale`."""
    models = {
        data: fit_score_model([row for row in rows if row.data != data], metric, depth, penalty)
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


def _of_similar_data(rows: Sequence[BankRow], figures: Mapping[str, float]) -> list[BankRow]:
    """Return the rows of data sets that are like the data of a run in every figure of `DATA`."""
    by_data: dict[str, list[BankRow]] = {}
    for row in rows:
        by_data.setdefault(row.data, []).append(row)
    alike = {data for data, some in by_data.items() if all(_near(some, figures, *each) for each in DATA.items())}
    return [row for row in rows if row.data in alike]


def _near(rows: Sequence[BankRow], figures: Mapping[str, float], name: str, tolerance: float) -> bool:
    """Return whether a figure lies between those of `rows`, or at most `tolerance` outside."""
    known, value = [row.figures[name] for row in rows], figures[name]
    if name in FACTORS:
        return min(known) / tolerance <= value <= max(known) * tolerance
    return min(known) - tolerance <= value <= max(known) + tolerance


def _unknown(known: Sequence[BankRow], rows: Sequence[BankRow], figures: Mapping[str, float]) -> str:
    """Return why nothing can be forecast for a run with `figures`, or "" if it can. `rows` are runs on similar data."""
    if len(known) < FEWEST_ROWS:
        return "there are too few finished runs with this base model"
    if len(rows) < FEWEST_ROWS:
        return f"fewer than {FEWEST_ROWS} measured runs had data like these"
    if len({row.data for row in rows}) < FEWEST_DATA_SETS:
        return f"fewer than {FEWEST_DATA_SETS} measured data sets are like this one"
    if figures["steps"] < FEWEST_STEPS:
        return f"{figures['steps']:.0f} optimizer steps are too few"
    for name, tolerance in SETTINGS.items():
        if not _near(rows, figures, name, tolerance):
            return f"the {NAMES[name]} is unlike that of any finished run on such data"
    return ""
