from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor
from transformers.modeling_layers import GradientCheckpointingLayer

from sumtune.config import ModelConfig
from sumtune.kernels.build import Kernels
from sumtune.model import encode_stage as encode
from sumtune.model.fuse import fuse, fused_output_weight
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, target_modules, trainable
from sumtune.text.encode import Encoded
from sumtune.train.loss import SummaryLoss


def examples_for(folder: Path) -> list[Encoded]:
    encoder = encode.make_encoder(ModelConfig(name=str(folder)))
    return [encoder.encode(**tiny.conversation(number)) for number in range(5)]


def loss_and_gradient(
    folder: Path, examples: Sequence[Encoded], kernels: Kernels | None, dtype: torch.dtype
) -> tuple[float, Tensor, list[str]]:
    base: Any = load_base(folder, dtype)
    targets = target_modules(base, ("all-linear",))
    adapted, _ = add_lora(base, base_name=str(folder), rank=4, alpha=4.0, dropout=0.0, targets=targets, seed=0)
    noise = torch.Generator().manual_seed(1)
    for parameter in trainable(adapted).values():
        parameter.data += (0.1 * torch.randn(parameter.shape, generator=noise)).to(dtype)
    fused = fuse(base, kernels) if kernels is not None else []
    assert all(parameter.grad is None for parameter in adapted.parameters())
    loss, count = SummaryLoss(base, 0, kernels)(examples)
    loss.backward()
    gradient = torch.cat([p.grad.float().flatten() for p in trainable(adapted).values() if p.grad is not None])
    return loss.item() / count, gradient, fused


@pytest.mark.parametrize("name", ["gemma", "llama", "gpt2", "t5", "bart"])
def test_a_fused_model_has_the_same_loss_and_gradient(
    tiny_models: dict[str, Path], kernels: Kernels, name: str
) -> None:
    examples = examples_for(tiny_models[name])
    plain_loss, plain, _ = loss_and_gradient(tiny_models[name], examples, None, torch.float32)
    fused_loss, fused, _ = loss_and_gradient(tiny_models[name], examples, kernels, torch.float32)
    assert fused_loss == pytest.approx(plain_loss, rel=1e-5)
    assert ((fused - plain).norm() / plain.norm()).item() < 1e-5


@pytest.mark.parametrize(("name", "kinds"), [("gemma", 3), ("llama", 3), ("t5", 3), ("bart", 1)])
def test_norms_gated_layers_and_attention_are_fused(
    tiny_models: dict[str, Path], kernels: Kernels, name: str, kinds: int
) -> None:
    examples = examples_for(tiny_models[name])
    _, exact, _ = loss_and_gradient(tiny_models[name], examples, None, torch.float32)
    _, plain, _ = loss_and_gradient(tiny_models[name], examples, None, torch.bfloat16)
    _, gradient, fused = loss_and_gradient(tiny_models[name], examples, kernels, torch.bfloat16)
    assert len(fused) == kinds
    error, own_error = ((found - exact).norm() / exact.norm() for found in (gradient, plain))
    assert error < max(0.01, 1.5 * own_error)  # no worse than the model's own code in bf16


@pytest.mark.parametrize(("name", "is_fused"), [("gemma", True), ("llama", True), ("gpt2", False)])
def test_no_mask_is_made_if_all_attention_is_fused(
    tiny_models: dict[str, Path], kernels: Kernels, name: str, is_fused: bool
) -> None:
    model: Any = load_base(tiny_models[name], torch.float32)
    fuse(model, kernels)
    masks = []
    for layer in (module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)):
        layer.register_forward_pre_hook(
            lambda _layer, _inputs, given: masks.append(given.get("attention_mask")), with_kwargs=True
        )
    model.get_decoder()(input_ids=torch.ones(2, 50, dtype=torch.int64), use_cache=False)
    assert masks
    if is_fused:
        assert all(mask is None for mask in masks)
    assert (model.config._attn_implementation == "sumtune") is is_fused


def test_what_computes_something_else_stays_as_it_is(tiny_models: dict[str, Path], kernels: Kernels) -> None:
    model = load_base(tiny_models["llama"], torch.float32)
    layer = type(model.model.layers[0].mlp)

    class Shifted(layer):  # type: ignore[misc, valid-type]
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) + 0.1  # type: ignore[no-any-return]

    for block in model.model.layers:
        block.mlp.__class__ = Shifted
    names = fuse(model, kernels)
    assert "Shifted" not in names
    assert any(name.endswith("Attention") for name in names)


def test_attention_that_rotates_a_part_of_each_head_stays_as_it_is(
    tiny_models: dict[str, Path], kernels: Kernels
) -> None:
    model = load_base(tiny_models["llama"], torch.float32)
    assert any(name.endswith("Attention") for name in fuse(model, kernels))
    model = load_base(tiny_models["llama"], torch.float32)
    model.config.partial_rotary_factor = 0.5
    assert not any(name.endswith("Attention") for name in fuse(model, kernels))


def test_long_rows_see_no_further_than_the_sliding_window(tiny_models: dict[str, Path], kernels: Kernels) -> None:
    encoder = encode.make_encoder(ModelConfig(name=str(tiny_models["gemma"])))
    chats = [tiny.conversation(number) for number in range(6)]
    long = encoder.encode("\n".join(chat["dialogue"] for chat in chats), chats[0]["summary"])
    assert long.length > 2 * load_base(tiny_models["gemma"], torch.float32).config.sliding_window
    plain_loss, plain, _ = loss_and_gradient(tiny_models["gemma"], [long], None, torch.float32)
    fused_loss, fused, _ = loss_and_gradient(tiny_models["gemma"], [long], kernels, torch.float32)
    assert fused_loss == pytest.approx(plain_loss, rel=1e-5)
    assert ((fused - plain).norm() / plain.norm()).item() < 1e-5


def test_an_output_layer_that_does_more_than_a_product_is_not_fused(tiny_models: dict[str, Path]) -> None:
    model = load_base(tiny_models["gemma"], torch.float32)
    assert fused_output_weight(model) is model.get_output_embeddings().weight
    model.config.final_logit_softcapping = 30.0
    assert fused_output_weight(model) is None


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_a_fused_encoder_decoder_model_writes_what_it_wrote_before(
    tiny_models: dict[str, Path], kernels: Kernels, name: str
) -> None:
    """It writes with a cache, which fused attention leaves to the model's own code."""
    sources = [example.source for example in examples_for(tiny_models[name])]
    width, written = max(map(len, sources)), []
    ids = torch.tensor([[*source, *[0] * (width - len(source))] for source in sources])
    mask = torch.tensor([[1] * len(source) + [0] * (width - len(source)) for source in sources])
    for made in (None, kernels):
        model: Any = load_base(tiny_models[name], torch.float32)
        if made is not None:
            assert any(kind.endswith("Attention") for kind in fuse(model, made))
        written.append(model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=12, num_beams=3))
    assert torch.equal(*written)
