from itertools import count

import pytest
from fake_training import Fakes

from sumtune.errors import StoppedError, SumtuneError
from sumtune.train import loop
from sumtune.train.loss_monitor import WINDOW

NAN = float("nan")


def test_the_order_is_validate_save_step_report() -> None:
    fakes = Fakes(epochs=1)
    fakes.run()
    assert fakes.order == [
        "validate", "validation", "save", "gradient", "step", "gradient", "step",
        "validate", "validation", "save", "gradient", "step",
        "validate", "validation", "epoch", "save", "end",
    ]  # fmt: skip


def test_sampled_scores_are_reported_before_the_state_is_saved_so_that_a_crash_loses_none() -> None:
    fakes = Fakes(epochs=1)
    fakes.sample = lambda _elapsed_s: {"rouge1": 0.3}
    fakes.run()
    assert fakes.order == [
        "validate", "validation", "sampled", "save", "gradient", "step", "gradient", "step",
        "validate", "validation", "sampled", "save", "gradient", "step",
        "validate", "validation", "epoch", "sampled", "save", "end",
    ]  # fmt: skip


def test_the_last_state_is_validated_and_saved() -> None:
    fakes = Fakes(validate_every_steps=1000)
    state = fakes.run()
    assert state.step == fakes.plan.total_steps == 6
    assert [saved.step for saved in fakes.saved] == [0, 3, 6]
    assert fakes.saved[-1] == state
    assert [event["epoch"] for event in fakes.of("epoch")] == [1, 2]


def test_a_long_time_never_passes_without_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)
    fakes = Fakes(validate_every_steps=1000)
    fakes.run()
    assert [saved.step for saved in fakes.saved] == [0, 1, 2, 3, 4, 5, 6]
    assert fakes.order.count("validate") == 3


def test_a_state_after_a_step_that_is_not_finite_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)
    fakes = Fakes(validate_every_steps=1000, losses=lambda step: NAN if step == 2 else 1.0)
    fakes.run()
    assert [saved.step for saved in fakes.saved] == [0, 1, 3, 4, 5, 6]


def test_the_best_state_is_remembered_not_the_last() -> None:
    fakes = Fakes(validation=iter([5.0, 3.0, NAN, 3.0, 4.0]))
    state = fakes.run()
    assert (state.best_step, state.best_loss) == (2, 3.0)
    assert [event["best"] for event in fakes.of("validation")] == [True, True, False, False, False]
    assert fakes.of("end")[0]["best_step"] == 2


def test_each_step_moves_by_its_learning_rate() -> None:
    fakes = Fakes(losses=lambda _step: 2.0)
    fakes.run()
    rates = [event["learning_rate"] for event in fakes.of("step")]
    assert rates == [fakes.plan.learning_rate(step) for step in range(6)]
    assert fakes.parameter.item() == pytest.approx(2.0 * sum(rates))


def test_steps_that_are_not_finite_move_nothing() -> None:
    fakes = Fakes(losses=lambda step: NAN if step in (1, 2, 4, 5) else 1.0)
    fakes.run()
    rates = [fakes.plan.learning_rate(step) for step in (2, 5)]
    assert fakes.parameter.item() == pytest.approx(sum(rates))
    assert len(fakes.of("warning")) == 4


def test_three_bad_steps_restore_a_checkpoint_and_halve_the_rate() -> None:
    fakes = Fakes(losses=lambda step: NAN if step in (3, 4, 5) else 1.0, validate_every_steps=1)
    state = fakes.run()
    assert fakes.order.count("go back") == 1
    assert (state.step, state.rollbacks) == (6, 1)
    back = next(
        event["step"] for event in fakes.of("warning") if "half" in event["message"] or "0.5" in event["message"]
    )
    rates = [event["learning_rate"] for event in fakes.of("step")][5:]
    assert rates == [fakes.plan.learning_rate(step) / 2 for step in range(back, 6)]


@pytest.mark.parametrize("not_finite", [{2}, {4}, {3, 4}, {5, 6}])
def test_what_is_recorded_as_best_is_always_saved(not_finite: set[int]) -> None:
    """The lowest loss is measured after a skipped step, whose state is not saved."""
    fakes = Fakes(losses=lambda step: NAN if step in not_finite else 1.0, epochs=4)
    best_at = {2: 1, 4: 3, 3: 2, 5: 4}[min(not_finite)]
    fakes.validation = iter(0.5 if at == best_at else 9.0 - at for at in range(20))
    final = fakes.run()
    saved = {state.step for state in fakes.saved}
    assert {state.best_step for state in (*fakes.saved, final)} <= saved
    assert {event["step"] for event in fakes.of("validation") if event["best"]} <= saved


def test_after_two_returns_the_run_fails() -> None:
    fakes = Fakes(losses=lambda step: NAN if step >= 2 else 1.0)
    with pytest.raises(SumtuneError, match=r"stopped at step .*learning_rate"):
        fakes.run()
    assert fakes.order.count("go back") == 2
    assert fakes.parameter.item() == pytest.approx(fakes.plan.learning_rate(0))


@pytest.mark.parametrize("at", [1, 2, 3, 5])
def test_a_requested_stop_happens_between_two_steps_and_saves_once(at: int) -> None:
    fakes = Fakes(stop_at=at)
    with pytest.raises(StoppedError, match=f"step {at} of 6"):
        fakes.run()
    assert fakes.saved[-1].step == at
    assert len({state.step for state in fakes.saved}) == len(fakes.saved)
    resumed = Fakes()
    assert resumed.run(fakes.saved[-1]).step == 6


def test_a_stop_requested_after_the_last_step_changes_nothing() -> None:
    assert Fakes(stop_at=6).run().step == 6


def test_a_rising_loss_is_reported_once() -> None:
    fakes = Fakes(losses=lambda step: 1.0 if step <= WINDOW else 3.0, epochs=60)
    fakes.run()
    warnings = [event["message"] for event in fakes.of("warning") if "rising" in event["message"]]
    assert len(warnings) == 1
    assert "learning_rate" in warnings[0]


def test_overfitting_is_reported_once() -> None:
    fakes = Fakes(losses=lambda _step: 0.5, validation=iter(lambda: 2.0, None), epochs=60)
    fakes.run()
    assert len([event for event in fakes.of("warning") if "overfitting" in event["message"]]) == 1


def test_a_healthy_run_has_no_warning() -> None:
    fakes = Fakes(losses=lambda step: 3.0 - step / 100, validation=iter(count(3.0, -0.01)), epochs=60)
    fakes.run()
    assert not fakes.of("warning")


def test_running_out_of_memory_is_reported_and_remembered() -> None:
    fakes = Fakes(budgets=lambda step: 64 if step < 3 else 16)
    state = fakes.run()
    assert state.max_tokens == 16
    assert [(event["step"], "16 tokens" in event["message"]) for event in fakes.of("warning")] == [(3, True)]


@pytest.mark.parametrize("at", range(5))
def test_a_resumed_run_does_what_was_left(at: int) -> None:
    straight = Fakes()
    final = straight.run()
    start = straight.saved[at]
    resumed = Fakes(validation=iter(count(100.0 - 1 - at, -1.0)))
    again = resumed.run(start)
    assert (again.best_step, again.best_loss, again.step) == (final.best_step, final.best_loss, final.step)

    def after(fakes: Fakes) -> list[tuple[str, int]]:
        first = straight.events.index(next(e for e in straight.of("step") if e["step"] > start.step)) if at < 4 else -1
        events = straight.events[first:] if fakes is straight else fakes.events
        return [(event["event"], event["step"]) for event in events]

    assert after(resumed) == after(straight)
    assert [saved.step for saved in resumed.saved] == [saved.step for saved in straight.saved[at + 1 :]]
