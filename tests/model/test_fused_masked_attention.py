"""Attention of encoder–decoder models is fused only where it is like that of T5 or BART."""

from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from sumtune.kernels.build import Kernels
from sumtune.model.fuse import fuse
from sumtune.text.encode import Encoded
from sumtune.train.loss import SummaryLoss

SIZE = 99
T5: dict[str, Any] = {
    "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0,
    "pad_token_id": 0, "eos_token_id": 1, "feed_forward_proj": "gated-gelu",
}  # fmt: skip
BART: dict[str, Any] = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 128,
    "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
}  # fmt: skip
FUSED = {
    "MT5": T5, "MBart": BART, "Pegasus": BART, "Marian": BART, "Blenderbot": BART, "M2M100": BART,
}  # fmt: skip
KEPT = {
    "UMT5": T5, "LongT5": {**T5, "encoder_attention_type": "local", "local_radius": 7},
    "PegasusX": {**BART, "block_size": 4, "num_global_tokens": 4},
    "LED": {**BART, "attention_window": 8, "max_encoder_position_embeddings": 128,
            "max_decoder_position_embeddings": 128},
    "BigBirdPegasus": {**BART, "attention_type": "block_sparse", "block_size": 4, "num_random_blocks": 1},
}  # fmt: skip
"""Families whose attention is of another kind, or takes other arguments."""


def tiny_model(family: str, options: dict[str, Any]) -> Any:
    name = "MarianMTModel" if family == "Marian" else f"{family}ForConditionalGeneration"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, name)(getattr(transformers, f"{family}Config")(vocab_size=SIZE, **options))
        for parameter in model.parameters():
            parameter.data.add_(0.2 * torch.randn_like(parameter))
    model.eval().requires_grad_(False)
    model.get_input_embeddings().weight.requires_grad_(True)
    return model


def loss_and_gradient(model: Any, kernels: Kernels | None) -> tuple[float, Tensor]:
    generator, embedding = torch.Generator().manual_seed(1), model.get_input_embeddings().weight
    examples = [
        Encoded(*(tuple(torch.randint(3, SIZE, (count,), generator=generator).tolist()) for count in counts))
        for counts in ((37, 9), (12, 14), (50, 3), (1, 1))
    ]
    embedding.grad = None
    loss, _ = SummaryLoss(model, model.config.pad_token_id, kernels)(examples)
    loss.backward()
    return loss.item(), embedding.grad.clone()


@pytest.mark.parametrize(("family", "options"), [*FUSED.items(), *KEPT.items()])
def test_every_family_has_the_same_loss_and_gradient_whether_fused_or_not(
    kernels: Kernels, family: str, options: dict[str, Any]
) -> None:
    model = tiny_model(family, options)
    loss, gradient = loss_and_gradient(model, None)
    attention = {name for name in fuse(model, kernels) if name.endswith("Attention")}
    assert bool(attention) == (family in FUSED)
    fused_loss, fused_gradient = loss_and_gradient(model, kernels)
    assert fused_loss == pytest.approx(loss, rel=1e-5)
    assert ((fused_gradient - gradient).norm() / gradient.norm()).item() < 1e-4
