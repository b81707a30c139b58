"""If memory is short, training computes fewer tokens at once and says so; it learns the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sumtune.errors import SumtuneError
from sumtune.forecast import fit_memory
from sumtune.forecast.fit_memory import RESERVED_SHARE, fit_to_memory
from sumtune.forecast.forecast import Forecast
from sumtune.forecast.trial import padded_tokens, planned_micro_batches
from sumtune.terminal.announcement import announcement
from sumtune.terminal.no_kernels import COST
from sumtune.train.session import Session, run

FIXED, OF_A_TOKEN = 10**9, 10**6


@pytest.fixture(scope="module")
def session(session_in: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session that no test changes."""
    return session_in(tmp_path_factory.mktemp("session"), "llama", changed={"train.micro_batch_tokens": 256})


class Memory:
    """Fake memory: a process with a fixed part and a part per padded token, and a machine with `free` bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, session: Session, free: float) -> None:
        self.tokens, loss_fn = 0, session.loss_fn.__call__
        self.peaks: list[int] = []

        def watched(_loss: object, examples: list) -> tuple[torch.Tensor, int]:
            self.tokens = max(self.tokens, padded_tokens(examples))
            return loss_fn(examples)

        monkeypatch.setattr(type(session.loss_fn), "__call__", watched)
        monkeypatch.setattr(fit_memory, "free_memory", lambda: None)
        monkeypatch.setattr(fit_memory, "reset_peak", lambda: setattr(self, "tokens", 0))
        monkeypatch.setattr(fit_memory, "peak_bytes", lambda: FIXED + OF_A_TOKEN * self.tokens)
        monkeypatch.setattr(fit_memory, "resident_bytes", lambda: FIXED)
        monkeypatch.setattr(fit_memory, "available_bytes", lambda: int(free / (1 - RESERVED_SHARE)))


def test_with_memory_enough_everything_stays_as_planned(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(monkeypatch, session, 10**12)
    before = {name: weight.clone() for name, weight in session.master_weights.weights.items()}
    random_state = session.generator.get_state()
    assert fit_to_memory(session) is session
    assert torch.equal(session.generator.get_state(), random_state)
    assert session.master_weights.gradients() == []
    assert all(torch.equal(before[name], weight) for name, weight in session.master_weights.weights.items())


def test_where_the_need_is_known_and_free_nothing_is_computed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = FIXED + OF_A_TOKEN * max(map(padded_tokens, planned_micro_batches(session)))
    roomy = Memory(monkeypatch, session, need - FIXED + OF_A_TOKEN)
    assert fit_to_memory(session, need) is session
    assert roomy.tokens == 0
    Memory(monkeypatch, session, need - FIXED - OF_A_TOKEN)
    assert fit_to_memory(session, need).max_tokens < session.max_tokens


@pytest.mark.parametrize("tokens", [250, 200, 150, 110])
def test_what_is_computed_at_once_fits(session: Session, monkeypatch: pytest.MonkeyPatch, tokens: int) -> None:
    largest = max(map(padded_tokens, planned_micro_batches(session)))
    assert max(session.plan.lengths) < tokens < largest, "otherwise this shows nothing"
    Memory(monkeypatch, session, tokens * OF_A_TOKEN)
    small = fit_to_memory(session)
    assert max(map(padded_tokens, planned_micro_batches(small))) <= tokens
    assert small.max_tokens == pytest.approx(tokens, abs=1), "as much as fits"
    said = announcement(small, Forecast(1.0, None, 1, 1))
    assert f"{small.max_tokens} tokens at once instead of 256, because memory is short" in said


def test_if_the_longest_example_does_not_fit_more_layers_run_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, longest = 10**6, max(session.plan.lengths)
    recompute = session.loss_fn.recompute
    assert recompute is not None

    class Saving(Memory):
        def peak(self) -> float:
            return FIXED + 10 * self.tokens + recompute.saved_bytes_of(self.tokens)

    monkeypatch.setattr(recompute, "bytes_per_token", saved)
    for free, share in ((2 * saved * longest, 1.0), (0.7 * saved * longest, 0.7), (11.0 * longest, 0.0)):
        monkeypatch.setattr(recompute, "budget_bytes", 10**12)
        memory = Saving(monkeypatch, session, free)
        monkeypatch.setattr(fit_memory, "peak_bytes", memory.peak)
        fitted = fit_to_memory(session)
        needed = recompute.saved_bytes_of(longest)
        assert share - 1 / recompute.layers <= needed / (saved * longest) <= share + 1e-6
        assert fitted.max_tokens >= longest
        assert FIXED + 10 * longest + needed <= FIXED + free
    Saving(monkeypatch, session, 9.0 * longest)
    monkeypatch.setattr(fit_memory, "peak_bytes", memory.peak)
    with pytest.raises(SumtuneError, match="longest example"):
        fit_to_memory(session)


def test_where_not_even_the_longest_example_fits_the_message_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = max(session.plan.lengths)
    Memory(monkeypatch, session, (longest - 5) * OF_A_TOKEN)
    with pytest.raises(SumtuneError, match=rf"longest example \({longest} tokens\).*max_source_tokens"):
        fit_to_memory(session)


def test_less_memory_changes_the_adapter_by_no_more_than_the_order_of_sums(
    session_in: Callable[..., Session], tmp_path: Path
) -> None:
    roomy, tight = (session_in(tmp_path, "llama", where, {"train.epochs": 1}) for where in ("roomy", "tight"))
    sessions = roomy, replace(tight, max_tokens=100)
    for session in sessions:
        run(session, lambda _: None)
    whole, parts = (session.master_weights.average for session in sessions)
    assert any(not torch.equal(whole[name], parts[name]) for name in whole), "otherwise nothing was cut"
    for name in whole:
        torch.testing.assert_close(parts[name], whole[name], rtol=1e-3, atol=1e-4)


def test_a_training_of_hours_comes_with_quicker_settings(session: Session) -> None:
    quick = {"training_in_parts_s": 7200.0, "training_truncated_s": 600.0}
    said = announcement(session, Forecast(14400.0, None, 1, 1, **quick))
    assert "--set model.max_source_tokens=1024 (reads parts) takes about 2 h 00 min" in said
    assert "--set model.max_source_tokens=1024 --set model.long=truncate (reads only the beginnings) takes" in said
    assert "Quicker" not in announcement(session, Forecast(14400.0, None, 1, 1))
    assert "Quicker" not in announcement(session, Forecast(60.0, None, 1, 1, **quick))


def test_a_run_without_kernels_says_so_and_what_it_costs(session: Session) -> None:
    said = announcement(replace(session, no_kernels="there is no C compiler"), Forecast(1.0, None, 1, 1))
    assert f"Kernels: none, because there is no C compiler. {COST} `sumtune doctor`" in said
    assert "Kernels" not in announcement(replace(session, no_kernels=None), Forecast(1.0, None, 1, 1))
