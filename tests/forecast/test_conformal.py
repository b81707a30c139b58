"""The laws of conformal intervals, on simulated residuals."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.forecast.conformal import conformal_quantile

residuals = st.lists(st.floats(0, 1), min_size=1, max_size=40)
levels = st.floats(0.05, 0.95)


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "exponential"])
@pytest.mark.parametrize("count", [9, 40])
def test_an_interval_covers_exchangeable_residuals_of_any_shape(draw: str, count: int) -> None:
    generator, level, trials = np.random.default_rng(0), 0.8, 4000
    drawn = getattr(generator, draw)(size=(trials, count + 1))
    covered = [abs(row[-1]) <= conformal_quantile(row[:-1], ["a"] * count, level) for row in drawn[:1500]]
    most = math.ceil(level * (count + 1)) / (count + 1)
    assert level - 0.035 <= np.mean(covered) <= most + 0.035


def test_an_interval_covers_the_next_data_set_if_data_sets_are_exchangeable() -> None:
    generator, covered = np.random.default_rng(1), []
    sizes = [4, 30, 8, 60, 12, 5, 20, 9, 40, 15, 7, 25]
    groups = [str(at) for at, size in enumerate(sizes) for _ in range(size)]
    for _ in range(600):
        spreads = generator.lognormal(size=len(sizes) + 1)
        drawn = [spread * generator.normal(size=size) for spread, size in zip(spreads, sizes, strict=False)]
        quantile = conformal_quantile(np.concatenate(drawn), groups, 0.8)
        covered.append(abs(spreads[-1] * generator.normal()) <= quantile)
    assert np.mean(covered) >= 0.74  # 13 data sets: somewhat less than 0.8 for a new one


@given(residuals, levels, levels)
def test_a_higher_level_never_narrows_an_interval(found: list[float], one: float, other: float) -> None:
    groups = ["a"] * len(found)
    low, high = (conformal_quantile(found, groups, level) for level in sorted((one, other)))
    assert low <= high


@given(residuals, levels)
def test_one_group_gives_the_usual_quantile(found: list[float], level: float) -> None:
    rank = math.ceil(level * (len(found) + 1) - 1e-9)
    expected = sorted(found)[rank - 1] if rank <= len(found) else math.inf
    assert conformal_quantile(found, ["a"] * len(found), level) == expected


@given(residuals, levels, st.integers(2, 5))
def test_a_group_counts_once_however_often_its_residuals_are_repeated(
    found: list[float], level: float, times: int
) -> None:
    def of(copies: Sequence[float]) -> float:
        both = [*copies, *[2.0] * 20]
        return conformal_quantile(both, ["a"] * len(copies) + ["b"] * 20, level)

    assert of(found * times) <= of(found) or math.isinf(of(found))


def test_bad_arguments_are_refused() -> None:
    for level, groups in ((0.0, ["a"]), (1.0, ["a"]), (0.5, [])):
        with pytest.raises(ValueError, match="level"):
            conformal_quantile([0.1], groups, level)
