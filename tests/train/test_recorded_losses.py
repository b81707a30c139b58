"""Recorded micro-batches give the numbers of direct ones. A recorder for the CPU computes anew instead of replaying."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from sumtune.config import ModelConfig
from sumtune.model import encode_stage as encode
from sumtune.model.load import load_base
from sumtune.model.lora import StaticMasks, add_lora, set_dropout, target_modules, trainable
from sumtune.text.encode import Encoded
from sumtune.train.loss import SummaryLoss
from sumtune.train.recorded_losses import MAX_TOKENS, RecordedLosses

Made = tuple[SummaryLoss, Any, torch.Generator, list[Encoded], list[int]]


def made(folder: Path, dropout: float = 0.0) -> Made:
    """A recorded loss, its model, its generator, examples, and one entry per recording."""
    base = load_base(folder, torch.float32)
    targets = target_modules(base, ("all-linear",))
    adapted, generator = add_lora(
        base, base_name=str(folder), rank=4, alpha=4.0, dropout=dropout, targets=targets, seed=0
    )
    noise = torch.Generator().manual_seed(1)
    for parameter in trainable(adapted).values():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=noise)
    recordings: list[int] = []

    def record(forward: Callable[[], Tensor], backward: Callable[[Tensor], Sequence[Tensor]]) -> Any:
        recordings.append(1)
        aliases = [module._parameters[name] for module, name in recorded._owners]
        now = [forward()]
        losses, gradients = now[0].detach().clone(), [one.clone() for one in backward(now[0])]

        def replay() -> None:
            with torch.enable_grad(), recorded._masks.in_use(), recorded._replaced_by(aliases):
                now[0] = forward()
            losses.copy_(now[0].detach())

        def replay_back() -> None:
            for old, new in zip(gradients, backward(now[0]), strict=True):
                old.copy_(new)

        return losses, replay, gradients, replay_back

    recorded = RecordedLosses(adapted, record)
    encoder = encode.make_encoder(ModelConfig(name=str(folder)))
    examples = [encoder.encode(**tiny.conversation(number)) for number in range(9)]

    loss = SummaryLoss(base, recorded=recorded)
    return loss, adapted, generator, examples, recordings


def loss_and_gradients(loss: SummaryLoss, adapted: Any, examples: Sequence[Encoded], scale: float) -> list[Tensor]:
    value, _ = loss(examples)
    (value * scale).backward()
    found = [value.detach(), *(parameter.grad.clone() for parameter in trainable(adapted).values())]  # type: ignore[union-attr]
    adapted.zero_grad()
    return found


@pytest.mark.parametrize("name", ["gemma", "llama", "gpt2", "t5", "bart"])
def test_recorded_equals_direct(tiny_models: dict[str, Path], name: str) -> None:
    loss, adapted, _, examples, recordings = made(tiny_models[name])
    recorded = loss.recorded
    for batch, scale in ((examples[:4], 1.0), (examples[4:8], 0.5), (examples[:2], 1.0), (examples[5:9], 2.0)):
        loss.recorded = None
        expected = loss_and_gradients(loss, adapted, batch, scale)
        loss.recorded = recorded
        for one, other in zip(loss_and_gradients(loss, adapted, batch, scale), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=2e-3, atol=1e-4)
    assert len(recordings) < 4  # shapes are shared


def test_masks_come_from_the_generator_and_change(tiny_models: dict[str, Path]) -> None:
    loss, adapted, generator, examples, _ = made(tiny_models["gemma"], dropout=0.3)
    set_dropout(adapted, on=True)
    state = generator.get_state()
    first, second = (loss_and_gradients(loss, adapted, examples[:4], 1.0) for _ in range(2))
    assert not torch.equal(first[0], second[0])
    generator.set_state(state)
    repeated = loss_and_gradients(loss, adapted, examples[:4], 1.0)
    assert all(map(torch.equal, first, repeated))
    masks = StaticMasks(adapted)
    generator.set_state(state)
    masks.draw()
    loss.recorded = None
    with masks.in_use():
        direct = loss_and_gradients(loss, adapted, examples[:4], 1.0)
    for one, other in zip(first, direct, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-3, atol=1e-4)
    set_dropout(adapted, on=False)
    off = loss_and_gradients(loss, adapted, examples[:4], 1.0)
    assert not torch.allclose(off[0], direct[0])


def test_other_inputs_are_computed_directly(tiny_models: dict[str, Path]) -> None:
    loss, _, _, examples, recordings = made(tiny_models["gemma"])
    with torch.no_grad():
        loss(examples[:2])
    long = Encoded((5,) * (MAX_TOKENS + 1), (7,))
    assert loss.recorded is not None
    assert not loss.recorded.suit(loss.collate([long])[0])
    assert not loss.recorded.suit({"input_ids": torch.ones(1, 2), "encoder_outputs": object()})
    assert not recordings
