from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from sumtune.config import ModelConfig
from sumtune.kernels.build import Kernels
from sumtune.model import encode_stage as encode
from sumtune.model.fuse import can_pack, fuse
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, target_modules, trainable
from sumtune.text.encode import Encoded
from sumtune.train.loss import SummaryLoss
from sumtune.train.master_weights import MasterWeights
from sumtune.train.ranked_example import RankedExample
from sumtune.train.ranking_loss import RankingLoss
from sumtune.train.step import step_gradient

NAMES = ("gemma", "llama", "gpt2", "t5", "bart")
architectures = pytest.mark.parametrize("name", NAMES)
WEIGHT, MARGIN = 2.0, 3.0


def adapted_model(folder: Path, kernels: Kernels | None = None) -> tuple[Any, RankingLoss]:
    """A model as in the middle of training, and its loss."""
    base = load_base(folder, torch.float32)
    adapted, _ = add_lora(
        base, base_name=str(folder), rank=4, alpha=4.0, dropout=0.0, targets=target_modules(base, None), seed=0
    )
    noise = torch.Generator().manual_seed(1)
    for parameter in trainable(adapted).values():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=noise)
    if kernels is not None:
        fuse(base, kernels)
    return adapted, RankingLoss(SummaryLoss(base, 0, kernels), weight=WEIGHT, margin=MARGIN)


def ranked_examples(folder: Path, shares_source: bool = True) -> list[RankedExample]:
    """Three examples with four, two and no candidates; some of them have the same reward."""
    encoder = encode.make_encoder(ModelConfig(name=str(folder)))
    found = []
    for number, rewards in ((0, (0.9, 0.5, 0.5, 0.1)), (4, (0.4, 0.2)), (7, ())):
        one = encoder.encode(**tiny.conversation(number))
        texts = ("Ben gets the bread.", "Ana will get some tickets on Monday.", "bread bread", "")
        candidates = tuple(encoder.target(text) for text in texts[: len(rewards)])
        found.append(RankedExample(one.source, one.target, candidates, rewards, shares_source))
    return found


def slow_log_probabilities(base: Any, source: Sequence[int], target: Sequence[int]) -> Tensor:
    """The log-probability of each target token, with nothing but the model's own forward pass."""
    if base.config.is_encoder_decoder:
        start = base.config.decoder_start_token_id
        logits = base(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[start, *target[:-1]]])).logits
    else:
        logits = base(input_ids=torch.tensor([[*source, *target[:-1]]])).logits[:, len(source) - 1 :]
    return logits[0].log_softmax(-1)[torch.arange(len(target)), torch.tensor(target)]


def slow_loss(base: Any, examples: Sequence[RankedExample]) -> Tensor:
    """Mean cross entropy of all reference tokens, plus the weighted mean margin loss of all pairs."""
    entropies, margins = [], []
    for one in examples:
        entropies.append(-slow_log_probabilities(base, one.source, one.target))
        scores = [slow_log_probabilities(base, one.source, target).mean() for target in one.candidates]
        for i, high in enumerate(one.rewards):
            for j, low in enumerate(one.rewards):
                if high - low > 0.01:
                    margins.append(torch.relu(MARGIN * (high - low) - (scores[i] - scores[j])))
    return torch.cat(entropies).mean() + WEIGHT * torch.stack(margins).mean()


def step(adapted: Any, loss: Any, examples: Sequence[Encoded], max_tokens: int) -> tuple[float, Tensor]:
    """Loss and gradient of one optimizer step."""
    weights = MasterWeights(trainable(adapted))
    found = step_gradient(loss, examples, weights, torch.Generator(), max_tokens, max_tokens, max_norm=1e9)
    return found.loss, torch.cat([gradient.flatten() for gradient in weights.gradients()])


@architectures
@pytest.mark.parametrize("max_tokens", [100_000, 1], ids=["together", "one by one"])
def test_loss_and_gradient_of_a_step_are_the_slow_formula(
    tiny_models: dict[str, Path], name: str, max_tokens: int
) -> None:
    adapted, loss = adapted_model(tiny_models[name])
    examples = ranked_examples(tiny_models[name], loss.shares_source)
    assert loss.shares_source == (name in ("t5", "bart"))
    expected = slow_loss(loss.summary_loss.model, examples)
    gradients = torch.autograd.grad(expected, list(trainable(adapted).values()))
    found, gradient = step(adapted, loss.of_step(examples), examples, max_tokens)
    assert found == pytest.approx(expected.item(), rel=1e-5)
    slow = torch.cat([one.flatten() for one in gradients])
    assert ((gradient - slow).norm() / slow.norm()).item() < 1e-4


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_packed_examples_have_the_loss_and_gradient_of_separate_sequences(
    tiny_models: dict[str, Path], kernels: Kernels, name: str
) -> None:
    adapted, loss = adapted_model(tiny_models[name])
    separate = ranked_examples(tiny_models[name], loss.shares_source)
    expected = step(adapted, loss.of_step(separate), separate, 100_000)
    adapted, loss = adapted_model(tiny_models[name], kernels)
    packed = ranked_examples(tiny_models[name], loss.shares_source)
    assert loss.shares_source
    assert [one.length for one in packed] < [one.length for one in separate]
    for max_tokens in (100_000, 1):
        found = step(adapted, loss.of_step(packed), packed, max_tokens)
        assert found[0] == pytest.approx(expected[0], rel=1e-5)
        assert ((found[1] - expected[1]).norm() / expected[1].norm()).item() < 1e-4


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_the_gradient_is_that_of_finite_differences(tiny_models: dict[str, Path], kernels: Kernels, name: str) -> None:
    adapted, loss = adapted_model(tiny_models[name], kernels)
    examples = ranked_examples(tiny_models[name], loss.shares_source)
    _, gradient = step(adapted, loss.of_step(examples), examples, 100_000)
    parameters = list(trainable(adapted).values())
    sizes = [one.numel() for one in parameters]
    direction = torch.randn(sum(sizes), generator=torch.Generator().manual_seed(3)) + gradient / gradient.std()
    direction /= direction.norm()

    def loss_at(distance: float) -> float:
        with torch.no_grad():
            for one, part in zip(parameters, direction.split(sizes), strict=True):
                one += distance * part.view(one.shape)
            value, tokens = loss.of_step(examples)(examples)
            for one, part in zip(parameters, direction.split(sizes), strict=True):
                one -= distance * part.view(one.shape)
        return value.item() / tokens

    slope = (loss_at(1e-2) - loss_at(-1e-2)) / 2e-2
    assert slope == pytest.approx((gradient @ direction).item(), rel=2e-2)


def test_without_pairs_the_loss_is_the_cross_entropy(tiny_models: dict[str, Path]) -> None:
    adapted, loss = adapted_model(tiny_models["llama"])
    examples = [replace(one, candidates=(), rewards=()) for one in ranked_examples(tiny_models["llama"])]
    found, gradient = step(adapted, loss.of_step(examples), examples, 100_000)
    expected, exact = step(adapted, loss.summary_loss, examples, 100_000)
    assert found == pytest.approx(expected, rel=1e-6)
    assert torch.allclose(gradient, exact, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_training_comes_to_prefer_the_better_candidate(
    tiny_models: dict[str, Path], kernels: Kernels, name: str
) -> None:
    adapted, loss = adapted_model(tiny_models[name], kernels)
    example = ranked_examples(tiny_models[name], loss.shares_source)[1]
    worse_first = replace(example, rewards=example.rewards[::-1])
    parameters = list(trainable(adapted).values())

    def preference() -> float:
        with torch.no_grad():
            scores = [slow_score(loss, example.source, target) for target in example.candidates]
        return scores[1] - scores[0]

    before, losses = preference(), []
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    for _ in range(25):
        value, tokens = loss.of_step([worse_first])([worse_first])
        (value / tokens).backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(value.item() / tokens)
    assert losses[-1] < losses[0] - 0.1
    wanted = MARGIN * (example.rewards[0] - example.rewards[1])
    assert before < preference()
    assert preference() > 0.8 * wanted


def slow_score(loss: RankingLoss, source: tuple[int, ...], target: tuple[int, ...]) -> float:
    total, tokens = loss.summary_loss([Encoded(source, target)])
    return -total.item() / tokens


def test_a_model_that_does_not_pass_packing_on_is_not_packed(tiny_models: dict[str, Path], kernels: Kernels) -> None:
    base = load_base(tiny_models["gemma"], torch.float32)
    assert not can_pack(base), "its attention is not fused"
    fuse(base, kernels)
    assert can_pack(base)
    attention = base.get_decoder().layers[1].self_attn
    forward = attention.forward
    attention.forward = lambda *args, **others: forward(*args, **{**others, "packing": None})
    assert not can_pack(base)
