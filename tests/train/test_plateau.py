"""When a training ends early: samples of a known curve with noise."""

from math import exp

import numpy as np
import pytest
from fake_training import Fakes

from sumtune.train.plateau import LEAST_GAIN, Plateau


def end(fall: float, noise: float, samples: int, seed: int) -> tuple[float, float]:
    """Return where a training whose ROUGE-1 approaches 0.45 with the length `fall` ends, and what it gives away."""
    errors, plateau = np.random.default_rng(seed).normal(0, noise, samples), Plateau()
    for at in range(samples):
        progress = (at + 1) / samples
        plateau = plateau.after(progress, 0.45 - 0.06 * exp(-progress / fall) + errors[at])
        if plateau.is_reached:
            break
    return progress, 0.06 * (exp(-progress / fall) - exp(-1 / fall))


@pytest.mark.parametrize("samples", [8, 26])
def test_a_curve_that_still_rises_is_hardly_ever_cut(samples: int) -> None:
    given_away = [end(fall, 0.01, samples, seed)[1] for fall in (0.3, 0.6, 1.5) for seed in range(30)]
    assert np.mean(given_away) < LEAST_GAIN / 2
    assert np.mean(np.array(given_away) > LEAST_GAIN) < 0.2


def test_a_flat_curve_ends_early() -> None:
    ends = [end(0.03, 0.005, 26, seed)[0] for seed in range(30)]
    assert np.mean(ends) < 0.8


def test_few_samples_say_nothing() -> None:
    plateau = Plateau()
    for at in range(5):
        plateau = plateau.after(0.4 + (at + 1) / 10, 0.4)
        assert not plateau.is_reached
    assert plateau.after(0.95, 0.4).is_reached


def test_the_first_half_of_a_training_is_always_done() -> None:
    plateau = Plateau(tuple((at / 25, 0.4) for at in range(12)))
    assert not plateau.is_reached
    assert plateau.after(0.52, 0.4).is_reached


def test_samples_that_rose_keep_the_training_going() -> None:
    falling = Plateau(tuple((at / 12, 0.5 - 0.01 * at) for at in range(1, 10)))
    assert falling.is_reached
    assert not falling.after(0.8, 0.6).is_reached, "the newest sample is the best"


def test_a_log_gives_the_same_samples() -> None:
    events = [{"event": "step"}, {"event": "sampled", "progress": 0.2, "rouge1": 0.4}, {"event": "end"}]
    assert Plateau.of(events) == Plateau().after(0.2, 0.4)


@pytest.mark.parametrize("stops", [True, False])
def test_training_ends_at_a_plateau_with_all_that_an_end_has(stops: bool) -> None:
    fakes = Fakes(epochs=8)  # 24 steps, a validation after each second one and each epoch
    fakes.sample = lambda _elapsed_s: {"rouge1": 0.4}
    fakes.plateau = Plateau() if stops else None
    state = fakes.run()
    assert len(fakes.of("sampled")) == (9 if stops else 17)
    assert [event["progress"] for event in fakes.of("sampled")][:3] == [0.0, 2 / 24, 3 / 24]
    assert state.step == (12 if stops else 24)
    assert fakes.saved[-1] == state
    assert [event["step"] for event in fakes.of("end")] == [state.step]
    assert len(fakes.of("early_end")) == stops
