"""The forecast of sampled summaries."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sumtune.decode.unsupported import UnsupportedError
from sumtune.forecast import sampling
from sumtune.forecast.sampling import sampling_budget, summary_seconds
from sumtune.forecast.timing import TrainingCosts
from sumtune.train.sampling_budget import SHARE
from sumtune.train.session import Session

Make = Callable[..., Session]


def test_measuring_leaves_the_session_as_it_was(session_in: Make, tmp_path: Path) -> None:
    session = session_in(tmp_path, "gemma")
    weights = {name: weight.clone() for name, weight in session.master_weights.weights.items()}
    random_state, global_state = session.generator.get_state(), torch.random.get_rng_state()
    assert summary_seconds(session, validation_s=1.0) > 0
    assert all(torch.equal(weights[name], weight) for name, weight in session.master_weights.weights.items())
    assert all(torch.equal(weights[name], p) for name, p in session.master_weights.parameters.items())
    assert torch.equal(session.generator.get_state(), random_state)
    assert torch.equal(torch.random.get_rng_state(), global_state)


def test_what_is_off_or_impossible_takes_no_time(
    session_in: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert summary_seconds(session_in(tmp_path, "llama", "off", {"train.sampled_summaries": 0}), 1.0) == 0
    session = session_in(tmp_path, "llama")
    monkeypatch.setattr(sampling, "has_long_inputs", lambda _session: True)
    assert summary_seconds(session, validation_s=3.0) == sampling.LONG_FACTOR * 3.0 / len(session.validation)

    def refuse(*_: object) -> None:
        raise UnsupportedError("no engine")

    monkeypatch.setattr(sampling, "SampledSummaries", refuse)
    assert summary_seconds(session, 1.0) == 0
    assert sampling_budget(session, TrainingCosts(100.0, 1.0, 1.0))[0] == 0


def test_samples_take_their_share_of_a_training(session_in: Make, tmp_path: Path) -> None:
    session = session_in(tmp_path, "llama", changed={"train.epochs": 30})
    costs = TrainingCosts(epoch=100.0, update=0.0, validation=0.0, sampled_summary=0.5)
    count, budget = sampling_budget(session, costs)
    assert count == len(session.validation) == 6
    assert 0 < budget.spent_s <= SHARE * 3100
    assert budget.spent_s % budget.next_s == pytest.approx(0, abs=1e-9)
