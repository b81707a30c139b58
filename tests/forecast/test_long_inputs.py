"""Costs of long examples are measured on short ones, and extrapolated to what they will be."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from sumtune.forecast import long_inputs
from sumtune.forecast.long_inputs import SHORT_LIMIT, has_long_inputs, in_parts, long_training_costs, truncated
from sumtune.forecast.trial import padded_tokens, planned_micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.session import Session


@pytest.fixture
def session(session_in: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose examples count as long; its layers run again from 100 tokens on."""
    found = session_in(tmp_path, "llama", changed={"train.micro_batch_tokens": 200})
    recompute = found.loss_fn.recompute
    assert recompute is not None
    recompute.bytes_per_token, recompute.budget_bytes = 10.0, 1000.0
    sizes = {"SHORT_LIMIT": 30, "LONG": 60, "SHORT_PROBE": 24, "MEDIUM_PROBE": 60, "LONG_PROBE": 130}
    for name, tokens in sizes.items():
        monkeypatch.setattr(long_inputs, name, tokens)
    return found


class Clock:
    """Time that passes by a formula while a micro-batch is computed."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.recompute, plain = 0.0, session.loss_fn.recompute, type(session.loss_fn).__call__
        self.longest = 0

        def watched(loss_fn: object, examples: list[Encoded]) -> tuple[torch.Tensor, int]:
            self.now += self.seconds(examples) * (1 if torch.is_grad_enabled() else 0.25)
            self.longest = max(self.longest, max(example.length for example in examples))
            return plain(loss_fn, examples)  # type: ignore[arg-type]

        monkeypatch.setattr(type(session.loss_fn), "__call__", watched)
        monkeypatch.setattr(long_inputs, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def seconds(self, examples: list[Encoded], again: bool = True) -> float:
        tokens, longest = padded_tokens(examples), max(example.length for example in examples)
        share = self.recompute.layers_to_recompute(tokens) / self.recompute.layers if again else 0.0
        targets = sum(len(example.target) for example in examples)
        return 0.1 + 0.01 * tokens + 0.02 * targets + 2e-5 * tokens * longest + 0.003 * tokens * share


def test_planted_costs_are_found_without_computing_the_longest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert has_long_inputs(session)
    planned = planned_micro_batches(session)
    clock = Clock(session, monkeypatch)
    budget, random_state = session.loss_fn.recompute.budget_bytes, session.generator.get_state()
    costs, peak = long_training_costs(session)
    assert clock.longest <= long_inputs.LONG_PROBE
    assert costs.epoch == pytest.approx(sum(map(clock.seconds, planned)), rel=0.02)
    validation = sum(0.25 * clock.seconds([example], again=False) for example in session.validation)
    parts = [part for example in session.examples for part in in_parts(example)]
    assert costs.epoch_in_parts == pytest.approx(sum(clock.seconds([part]) for part in parts), rel=0.02)
    beginnings = [truncated(example) for example in session.examples]
    assert costs.epoch_truncated == pytest.approx(sum(clock.seconds([one]) for one in beginnings), rel=0.02)
    assert costs.validation == pytest.approx(validation, rel=0.02)
    assert peak > 0
    assert session.loss_fn.recompute.budget_bytes == budget
    assert torch.equal(session.generator.get_state(), random_state)
    assert session.master_weights.gradients() == []


def test_the_parts_of_an_example_hold_all_of_it_and_are_short() -> None:
    example = Encoded(tuple(range(10_000)), tuple(range(100)))
    *parts, last = in_parts(example)
    assert sum(len(part.source) for part in parts) == pytest.approx(10_000 * 1.1, rel=0.05)
    assert max(len(part.source) for part in parts) <= SHORT_LIMIT
    assert sum(len(part.target) for part in parts) <= 100
    assert last == Encoded(example.target, example.target)
    assert in_parts(truncated(example)) == [truncated(example)]


def test_short_examples_are_measured_as_they_are(session_in: Callable[..., Session], tmp_path: Path) -> None:
    assert not has_long_inputs(session_in(tmp_path, "llama"))
