"""Layers that run again in the backward pass change the memory that a micro-batch takes, and nothing else."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.modeling_layers import GradientCheckpointingLayer

from sumtune.kernels import attention
from sumtune.model.lora import set_dropout
from sumtune.text.encode import Encoded
from sumtune.train import session as training
from sumtune.train.gradient_checkpointing import Recompute, saved_bytes
from sumtune.train.session import Session

MODELS = ("gemma", "llama", "gpt2", "t5", "bart")


def recompute_of(session: Session) -> Recompute:
    assert session.loss_fn.recompute is not None
    return session.loss_fn.recompute


def gradients(session: Session, examples: list[Encoded], budget: float) -> list[torch.Tensor]:
    """Loss, gradients and the state of dropout after one micro-batch."""
    recompute_of(session).budget_bytes = budget
    session.generator.manual_seed(3)
    set_dropout(session.adapted, on=True)
    loss, _ = session.loss_fn(examples)
    loss.backward()
    session.master_weights.accumulate_gradients()
    found = [loss.detach(), session.generator.get_state(), *session.master_weights.gradients()]
    session.master_weights.clear_gradients()
    return found


@pytest.mark.parametrize("name", MODELS)
def test_gradients_do_not_depend_on_the_budget(make_session: Callable[..., Session], name: str) -> None:
    session = make_session(name)
    recompute, examples = recompute_of(session), list(session.examples[:3])
    expected = gradients(session, examples, 10**12)
    assert recompute.count == 0
    assert recompute.layers >= 2
    needed = recompute.saved_bytes_of(len(examples) * max(example.length for example in examples))
    for budget, count in ((0.0, recompute.layers), (needed / 2, recompute.layers // 2)):
        found = gradients(session, examples, budget)
        assert recompute.count == count
        assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_gradients_are_the_same_if_attention_keeps_no_probabilities(
    make_session: Callable[..., Session], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(name)
    expected = gradients(session, list(session.examples[:3]), 10**12)
    monkeypatch.setattr(attention, "_limit", ContextVar("limit", default=0))
    for budget in (10**12, 0):
        found = gradients(session, list(session.examples[:3]), budget)
        assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_the_budget_does_not_change_the_adapter(session_in: Callable[..., Session], tmp_path: Path, name: str) -> None:
    adapters = []
    for budget in (10**12, 0):
        session = session_in(tmp_path, name, str(budget), {"train.epochs": 1})
        recompute_of(session).budget_bytes = budget
        training.run(session, lambda _: None)
        adapters.append((session.run_dir.adapter / "adapter_model.safetensors").read_bytes())
    assert adapters[0] == adapters[1]


@pytest.mark.parametrize("name", MODELS)
def test_a_recomputed_layer_saves_less(make_session: Callable[..., Session], name: str) -> None:
    session = make_session(name)
    recompute, examples = recompute_of(session), list(session.examples[:4])
    tokens = sum(example.length for example in examples)
    kept = {}
    for budget in (10**12, 0):
        recompute.budget_bytes = budget
        kept[budget] = saved_bytes(lambda: session.loss_fn(examples)[0])
    assert recompute.bytes_per_token > 0
    assert kept[0] < kept[10**12] / 2
    assert kept[10**12] - kept[0] == pytest.approx(recompute.bytes_per_token * tokens, rel=0.6)


def test_validation_saves_and_measures_nothing(make_session: Callable[..., Session]) -> None:
    session = make_session("llama")
    with torch.no_grad():
        session.loss_fn(list(session.examples[:2]))
    assert recompute_of(session).bytes_per_token == 0


@given(st.integers(1, 80), st.integers(0, 10**7), st.integers(1, 10**4), st.integers(1, 10**5))
def test_layers_save_as_much_as_the_budget_allows(layers: int, budget: int, each: int, tokens: int) -> None:
    recompute = Recompute(torch.Generator(), layers, budget, bytes_per_token=each)
    count, layer = recompute.layers_to_recompute(tokens), each * tokens / layers
    assert 0 <= count <= layers
    assert recompute.saved_bytes_of(tokens) <= budget * (1 + 1e-9) + 1e-6
    assert count == 0 or recompute.saved_bytes_of(tokens) + layer > budget * (1 - 1e-9)


def test_tensors_are_counted_once_and_parameters_never() -> None:
    weight, x = torch.nn.Parameter(torch.ones(5, 5)), torch.ones(3, 5, requires_grad=True)
    inner = x * 2

    def loss() -> torch.Tensor:
        return ((inner @ weight) * inner.view(3, 5)).sum()

    assert saved_bytes(loss) == 4 * (3 * 5 + 3 * 5), "inner, and its product with the weight"


def test_layers_with_a_window_run_again_before_those_that_see_everything() -> None:
    runs: list[int] = []

    class Layer(GradientCheckpointingLayer):
        def __init__(self, number: int, window: int | None) -> None:
            super().__init__()
            self.number, self.attention = number, torch.nn.Linear(1, 1)
            self.attention.sliding_window = window

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            runs.append(self.number)
            return self.attention(x).exp()

    layers = torch.nn.Sequential(*(Layer(number, window) for number, window in enumerate((None, 8, None, 8))))
    recompute = Recompute.of(layers, torch.Generator())
    for count, again in enumerate(([], [1], [3, 1], [3, 1, 0], [3, 2, 1, 0])):
        runs.clear()
        recompute.count = count
        layers(torch.ones(1, 1)).sum().backward()
        assert runs == [0, 1, 2, 3, *again]
