from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from sumtune.config import ModelConfig
from sumtune.kernels.build import Kernels
from sumtune.kernels.frozen import FrozenWeight
from sumtune.model import encode_stage as encode
from sumtune.model import fused_lora
from sumtune.model.fuse import fuse
from sumtune.model.fused_lora import fuse_lora, kernels_for_products, lora_linear
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, set_dropout, target_modules, trainable
from sumtune.train.loss import SummaryLoss


@pytest.mark.parametrize("masked", [True, False])
def test_gradients_are_those_of_finite_differences(masked: bool) -> None:
    torch.manual_seed(0)
    x, a, b = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 3, 5), (2, 5), (4, 2)))
    frozen = FrozenWeight.of(torch.randn(4, 5, dtype=torch.float64), None)
    mask = torch.tensor([2.0, 0, 2, 0, 2], dtype=torch.float64) if masked else None
    assert torch.autograd.gradcheck(lambda x, a, b: lora_linear(x, frozen, a, b, 0.7, mask), (x, a, b))


def loss_and_gradient(
    folder: Path, fused: bool, dropout: float, kernels: Kernels | None = None, **lora: Any
) -> tuple[float, Tensor, int]:
    base = load_base(folder, torch.float32)
    targets = target_modules(base, ("all-linear",))
    adapted, _ = add_lora(
        base, base_name=str(folder), rank=4, alpha=8.0, dropout=dropout, targets=targets, seed=0, **lora
    )
    noise = torch.Generator().manual_seed(1)
    for name, parameter in trainable(adapted).items():
        if "lora_" in name:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=noise)
    count = fuse_lora(adapted, kernels) if fused else 0
    if kernels is not None:
        set_dropout(adapted, on=False)
        assert any(name.endswith("MLP") for name in fuse(base, kernels))
    set_dropout(adapted, on=True)
    encoder = encode.make_encoder(ModelConfig(name=str(folder)))
    loss, _ = SummaryLoss(base, 0)([encoder.encode(**tiny.conversation(number)) for number in range(3)])
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in trainable(adapted).values() if p.grad is not None])
    return loss.item(), gradient, count


@pytest.mark.parametrize(
    ("name", "dropout"), [("gemma", 0.3), ("llama", 0.0), ("llama", 0.3), ("t5", 0.3), ("bart", 0.3)]
)
def test_a_fused_adapter_has_the_loss_and_gradient_of_peft(
    tiny_models: dict[str, Path], name: str, dropout: float
) -> None:
    plain_loss, plain, _ = loss_and_gradient(tiny_models[name], False, dropout)
    fused_loss, fused, count = loss_and_gradient(tiny_models[name], True, dropout)
    assert count > 0
    assert fused_loss == pytest.approx(plain_loss, rel=1e-5)
    assert ((fused - plain).norm() / plain.norm()).item() < 1e-5


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_all_kernels_together_have_the_loss_and_gradient_of_peft(
    tiny_models: dict[str, Path], kernels: Kernels, name: str
) -> None:
    plain_loss, plain, _ = loss_and_gradient(tiny_models[name], False, 0.3)
    fused_loss, fused, _ = loss_and_gradient(tiny_models[name], True, 0.3, kernels)
    assert fused_loss == pytest.approx(plain_loss, rel=1e-5)
    assert ((fused - plain).norm() / plain.norm()).item() < 1e-5


@pytest.mark.parametrize(("name", "settings"), [("gpt2", {}), ("llama", {"dora": True})])
def test_other_layers_stay_as_they_are(tiny_models: dict[str, Path], name: str, settings: dict[str, Any]) -> None:
    loss, gradient, count = loss_and_gradient(tiny_models[name], True, 0.0, **settings)
    assert count == 0
    assert loss > 0
    assert gradient.norm() > 0


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")
def test_a_shared_weight_keeps_its_content(tiny_models: dict[str, Path], kernels: Kernels) -> None:
    base = load_base(tiny_models["gemma"], torch.bfloat16)
    before = base.get_input_embeddings().weight.clone()
    adapted, _ = add_lora(
        base, base_name=str(tiny_models["gemma"]), rank=4, alpha=8.0, dropout=0.0, targets=["lm_head", "q_proj"], seed=0
    )
    assert fuse_lora(adapted, kernels) > 1
    assert torch.equal(base.get_input_embeddings().weight, before)
    assert base(torch.tensor([[1, 2, 3]])).logits.isfinite().all()


def test_weights_in_float32_are_copied_only_up_to_a_limit(
    tiny_models: dict[str, Path], kernels: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output layer does not count: torch computes its products."""
    model = load_base(tiny_models["gemma"], torch.float32, torch.device("cpu"))
    output = model.get_output_embeddings()
    linear = [module for module in model.modules() if isinstance(module, torch.nn.Linear) and module is not output]
    size = sum(module.weight.nbytes for module in linear)
    monkeypatch.setattr(fused_lora, "FP32_LIMIT_BYTES", size)
    assert kernels_for_products(model, kernels) is kernels
    monkeypatch.setattr(fused_lora, "FP32_LIMIT_BYTES", size - 1)
    assert kernels_for_products(model, kernels) is None
    assert kernels_for_products(model.to(torch.bfloat16), kernels) is kernels
