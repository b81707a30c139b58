from types import SimpleNamespace
from typing import Any

import pytest
from fake_training import Fakes
from hypothesis import given
from hypothesis import strategies as st

from sumtune.train import loop
from sumtune.train.checkpoint import TrainState
from sumtune.train.time_limit import TimeLimit

seconds = st.floats(0.01, 1e4)


class Clockwork(Fakes):
    """A training on a machine whose steps and validations take planted times."""

    def __init__(self, patch: pytest.MonkeyPatch, step_s: Any, validation_s: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.now, self.step_s, self.validation_s = 1000.0, step_s, validation_s
        patch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: self.now))

    def compute_gradient(self, examples: Any, max_tokens: int) -> Any:
        self.now += self.step_s(self.steps) if callable(self.step_s) else self.step_s
        return super().compute_gradient(examples, max_tokens)

    def validate(self) -> float:
        self.now += self.validation_s
        return super().validate()


@given(st.lists(seconds, max_size=30), seconds, seconds, seconds)
def test_a_slower_machine_leaves_as_much_more_time_for_the_end(
    taken: list[float], total: float, closing: float, step: float
) -> None:
    limit = TimeLimit(total, closing, step)
    for one in taken:
        limit = limit.after_step(one)
    assert limit.slowdown >= 1
    assert limit.training_s == pytest.approx(max(0, total - closing * limit.slowdown))
    if taken:
        assert min(taken) <= limit.recent_step_s * (1 + 1e-9)
        assert limit.recent_step_s <= max(taken) * (1 + 1e-9)
    for elapsed in (0.0, total / 2, total):
        assert 0 <= limit.share(elapsed) <= 1
        assert limit.is_over(elapsed) or elapsed + closing + step <= total


def test_without_a_limit_no_time_passes() -> None:
    assert (TimeLimit().share(1e9), TimeLimit().is_over(1e9)) == (0.0, False)


@pytest.mark.parametrize("slower", [1.0, 2.0], ids=["as expected", "half as fast from the middle on"])
def test_a_training_ends_in_time_with_a_rate_of_nearly_zero(monkeypatch: pytest.MonkeyPatch, slower: float) -> None:
    fakes = Clockwork(monkeypatch, lambda step: 2.0 * (slower if step > 40 else 1.0), 1.0, epochs=100)
    fakes.limit = TimeLimit(seconds=300.0, closing_s=30.0, step_s=2.0)
    state = fakes.run()
    assert state.step < fakes.plan.total_steps
    assert fakes.saved[-1] == state, "the last state is validated and saved"
    assert 290 - 30 * slower <= fakes.now - 1000 <= 302 - 30 * slower, "what follows has its time"
    rates = [event["learning_rate"] for event in fakes.of("step")]
    peak = fakes.plan.settings.learning_rate
    assert rates[-1] < 0.1 * peak < rates[len(rates) // 2]
    assert rates == sorted(rates, reverse=True)
    shares = [event.get("time_share", 0.0) for event in fakes.of("step")]
    assert shares == sorted(shares)


def test_if_the_steps_end_first_the_time_changes_little(monkeypatch: pytest.MonkeyPatch) -> None:
    straight = Clockwork(monkeypatch, 1.0)
    straight.run()
    limited = Clockwork(monkeypatch, 1.0)
    limited.limit = TimeLimit(seconds=1000.0, closing_s=1.0, step_s=1.0)
    limited.run()
    assert [event["learning_rate"] for event in limited.of("step")] == [
        event["learning_rate"] for event in straight.of("step")
    ]


def test_a_resumed_run_has_what_is_left_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Clockwork(monkeypatch, 2.0, epochs=100, validate_every_steps=5, stop_at=20)
    first.limit = TimeLimit(seconds=100.0, closing_s=10.0, step_s=2.0)
    with pytest.raises(loop.StoppedError):
        first.run()
    assert first.saved[-1].elapsed_s == pytest.approx(40)
    second = Clockwork(monkeypatch, 2.0, epochs=100, validate_every_steps=5)
    second.limit = first.limit
    state: TrainState = second.run(first.saved[-1])
    assert state.elapsed_s == pytest.approx(90, abs=2)
    assert second.of("step")[0]["time_share"] == pytest.approx(40 / 90)


def test_a_resumed_run_without_time_publishes_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Clockwork(monkeypatch, 2.0)
    fakes.limit = TimeLimit(seconds=10.0, closing_s=10.0, step_s=2.0)
    start = TrainState(step=3, best_loss=1.0, elapsed_s=9.0, max_tokens=64)
    assert fakes.run(start) == start
    assert fakes.order == ["end"]
