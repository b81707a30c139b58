"""Laws of the forecast of scores, on a simulated bank."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sumtune.config_resolution import resolve
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.data_features import DataFeatures
from sumtune.forecast.learning_curve import gain_of_more_data
from sumtune.forecast.pilot import Pilot, PilotPoint
from sumtune.forecast.score_bank import (
    FEWEST_STEPS,
    BankRow,
    data_figures,
    dump_bank,
    final_figures,
    load_bank,
    pilot_figures,
    run_figures,
)
from sumtune.forecast.score_forecast import (
    EXAMPLE_SD,
    LEVEL,
    _best_penalty,
    _expected,
    floor,
    forecast_scores,
    left_out_residuals,
)
from sumtune.forecast.score_model import PENALTIES, fit_score_model

SLOPE = 0.02
"""Gain of a doubling of the examples in the simulated bank."""


def simulated(
    data: str, examples: int, generator: np.random.Generator, noise: float = 0.01, scored: int = 200
) -> BankRow:
    """A run whose score rises with the logarithm of its examples, from how hard its data set is."""
    hard = np.random.default_rng(sum(map(ord, data))).uniform(0, 0.1)
    final = 0.25 + hard + SLOPE * math.log2(examples / 40) + generator.normal(0, noise)
    scores = {metric: final + generator.normal(0, noise) for metric in ROUGE_METRICS}
    easy = dict.fromkeys(ROUGE_METRICS, 0.2 + hard)
    features = DataFeatures(examples, 90, 20, 0.7, easy, easy)
    point = PilotPoint(48, 2.1, 2.0 - hard, dict.fromkeys(ROUGE_METRICS, 0.22 + hard))
    known = data_figures(features) | pilot_figures(Pilot(64, easy, 3.0, (point,), 0.1))
    return BankRow(data, "embedded", known | run_figures(resolve(), examples, scored) | final_figures(scores))


def bank(noise: float = 0.01, data_sets: str = "abcdef", seed: int = 0) -> list[BankRow]:
    generator = np.random.default_rng(seed)
    sizes = [40, 80, 160, 320, 640] * 2
    return [simulated(data, size, generator, noise) for data in data_sets for size in sizes]


def test_a_bank_is_read_as_it_was_written() -> None:
    rows = bank()
    again = load_bank(dump_bank(rows))
    assert [(row.data, row.model) for row in again] == [(row.data, row.model) for row in rows]
    for one, other in zip(rows, again, strict=True):
        assert other.figures == pytest.approx(one.figures, rel=1e-4)


def test_a_row_without_a_pilot_stays_one() -> None:
    row = bank()[0]
    short = replace(row, figures={k: v for k, v in row.figures.items() if "pilot" not in k and "held" not in k})
    assert load_bank(dump_bank([row, short]))[1].figures == pytest.approx(dict(short.figures), rel=1e-4)


@pytest.mark.parametrize("depth", [None, 48])
def test_intervals_hold_for_runs_on_data_sets_outside_the_bank(depth: int | None) -> None:
    inside = []
    for seed in range(24):  # a bank can be unlucky; the promise is about the average of banks
        rows, generator = bank(data_sets="abcd", seed=seed), np.random.default_rng(seed + 50)
        for data, examples in zip("klmno", (60, 100, 200, 300, 400), strict=True):
            row = simulated(data, examples, generator)
            expected = _expected(rows, "rouge1", row.figures, depth, LEVEL)
            inside.append(expected.low <= row.figures["final_rouge1"] <= expected.high)
    assert np.mean(inside) >= 0.78


def test_a_penalty_is_chosen_by_the_errors_on_left_out_data_sets() -> None:
    rows = bank(data_sets="abcd")
    errors = {one: np.abs(left_out_residuals(rows, "rouge1", 48, one)).mean() for one in PENALTIES}
    best, residuals = _best_penalty(rows, "rouge1", 48)
    assert np.abs(residuals).mean() == pytest.approx(min(errors.values()))
    assert errors[best] == min(errors.values())
    assert len(set(errors.values())) == len(PENALTIES)


@pytest.mark.parametrize("depth", [None, 48])
def test_a_higher_level_gives_a_wider_interval_around_the_same_mean(depth: int | None) -> None:
    rows, figures = bank(), simulated("z", 100, np.random.default_rng(1)).figures
    found = [forecast_scores(rows, "embedded", figures, depth, level).scores["rouge1"] for level in (0.5, 0.8, 0.9)]
    assert len({one.mean for one in found}) == 1
    widths = [one.high - one.low for one in found]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


@pytest.mark.parametrize("scored", [10, 50, 380, 5000])
def test_no_interval_is_narrower_than_the_spread_of_seeds_and_examples(scored: int) -> None:
    generator = np.random.default_rng(1)
    figures = simulated("z", 100, generator, scored=scored).figures
    rows = [simulated(data, size, generator, 0.0) for data in "abcdef" for size in (40, 80, 160, 320, 640)]
    for expected in forecast_scores(rows, "embedded", figures, 48).scores.values():
        assert expected.high - expected.low >= 2 * floor(scored, 0.8) - 1e-12
    assert floor(scored, 0.8) >= 1.28 * EXAMPLE_SD / math.sqrt(scored)
    assert floor(scored, 0.8) > 0.0065 / 2


def test_the_order_of_the_bank_does_not_matter() -> None:
    rows, figures = bank(), simulated("z", 100, np.random.default_rng(1)).figures
    one, other = (forecast_scores(some, "embedded", figures, 48).scores["rouge1"] for some in (rows, rows[::-1]))
    assert vars(one) == pytest.approx(vars(other), abs=1e-12)


def changed(row: BankRow, **figures: float) -> dict[str, float]:
    return {**row.figures, **figures}


@pytest.mark.parametrize(
    ("figures", "words"),
    [({"summary_words": 400}, "measured runs had data"), ({"examples": 90000}, "number of training examples"),
     ({"novel_bigrams": 0.1}, "measured runs had data"), ({"learning_rate": 1e-5}, "learning rate")],
)  # fmt: skip
def test_scores_of_unlike_data_are_not_known(figures: dict[str, float], words: str) -> None:
    found = forecast_scores(bank(), "embedded", changed(bank()[0], **figures), 48)
    assert (dict(found.scores), words in found.unknown) == ({}, True)


def test_data_sets_that_are_unlike_a_run_have_no_influence() -> None:
    rows, figures = bank(), simulated("z", 100, np.random.default_rng(1)).figures
    others = [replace(row, data="far", figures=changed(row, summary_words=400, final_rouge1=0.9)) for row in rows[:30]]
    one, other = (forecast_scores(some, "embedded", figures, 48).scores["rouge1"] for some in (rows, [*rows, *others]))
    assert one == other


def test_short_runs_are_neither_forecast_nor_learned_from() -> None:
    rows, figures = bank(), simulated("z", 100, np.random.default_rng(1)).figures
    short = [replace(row, figures=changed(row, steps=FEWEST_STEPS - 1, final_rouge1=0.1)) for row in rows]
    found = [forecast_scores(some, "embedded", figures, 48) for some in (rows, [*rows, *short])]
    assert found[0] == found[1]
    assert gain_of_more_data([*rows, *short], "embedded", 100, 100) == gain_of_more_data(rows, "embedded", 100, 100)
    too_short = forecast_scores(rows, "embedded", {**figures, "steps": FEWEST_STEPS - 1}, 48)
    assert (dict(too_short.scores), too_short.unknown) == ({}, "19 optimizer steps are too few")


SMALL = {"few rows": bank()[:20], "two data sets": [row for row in bank() * 3 if row.data in "ab"], "none": []}


@pytest.mark.parametrize("rows", SMALL.values(), ids=SMALL)
def test_a_small_bank_makes_no_promise(rows: Sequence[BankRow]) -> None:
    found = forecast_scores(rows, "embedded", bank()[0].figures, 48)
    assert not found.scores
    assert "few" in found.unknown


def test_a_run_on_another_base_model_says_nothing() -> None:
    assert "too few" in forecast_scores(bank(), "another", bank()[0].figures, 48).unknown


def test_runs_without_a_pilot_serve_only_the_quick_forecast() -> None:
    rows = [replace(row, figures={k: v for k, v in row.figures.items() if "pilot" not in k}) for row in bank()]
    assert forecast_scores(rows, "embedded", bank()[0].figures, None).scores
    assert "too few" in forecast_scores(rows, "embedded", bank()[0].figures, 48).unknown


@pytest.mark.parametrize("figures", [{"summary_words": 0.0}, {"examples": -1.0}, {"longest_3_rouge1": math.nan}])
def test_rows_with_impossible_figures_are_left_out(figures: dict[str, float]) -> None:
    rows, wanted = bank(), simulated("z", 100, np.random.default_rng(1)).figures
    damaged = [*rows, replace(rows[0], figures=changed(rows[0], **figures))]
    assert forecast_scores(damaged, "embedded", wanted, 48) == forecast_scores(rows, "embedded", wanted, 48)


def test_the_model_finds_the_planted_gain_of_a_doubling() -> None:
    rows = bank(noise=0.002)
    model, one = fit_score_model(rows, "rouge1", None, 1.0), rows[0]
    gain = model.predict(changed(one, steps=150)) - model.predict(changed(one, steps=75))
    assert gain == pytest.approx(SLOPE, rel=0.15)
    more = gain_of_more_data(rows, "embedded", 100, 100)
    assert more is not None
    assert more.low <= SLOPE <= more.high
    assert more.mean == pytest.approx(SLOPE, rel=0.1)


def test_more_data_gains_more_the_less_there_is() -> None:
    rows = bank()
    few, many, none = (gain_of_more_data(rows, "embedded", examples, 200) for examples in (100, 1000, 10**9))
    assert few is not None
    assert many is not None
    assert none is not None
    assert few.mean > many.mean > none.mean >= 0


def test_the_gain_of_more_data_is_not_known_without_pairs() -> None:
    rows = bank()
    assert gain_of_more_data(rows[:2], "embedded", 100, 100) is None
    assert gain_of_more_data([row for row in rows if row.figures["examples"] == 40], "embedded", 100, 100) is None
