"""Linear layers in training: a frozen one, or with its LoRA adapter, as one function of its input."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.kernels.build import Kernels
from sumtune.kernels.frozen import FrozenWeight
from sumtune.model.lora import FeatureDropout

__all__ = ["fuse_frozen", "fuse_lora", "lora_linear"]

ADAPTER = "default"


class _LoraLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, frozen: FrozenWeight, a: Tensor, b: Tensor, scale: float, mask: Tensor | None
    ) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        masked = a if mask is None else a * mask
        inner = (rows @ masked.t()).mul_(scale)
        ctx.save_for_backward(rows, masked, b, inner, mask)
        ctx.frozen, ctx.scale = frozen, scale
        return frozen.times(rows, inner, b).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        rows, masked, b, inner, mask = ctx.saved_tensors
        grad = grads[0].reshape(len(rows), -1)
        dinner = (grad @ b).mul_(ctx.scale)
        da, db = dinner.t() @ rows, grad.t() @ inner
        dx = ctx.frozen.back(grad, dinner, masked).view(*grads[0].shape[:-1], -1) if ctx.needs_input_grad[0] else None
        return dx, None, da if mask is None else da * mask, db, None, None


def lora_linear(
    x: Tensor, frozen: FrozenWeight, a: Tensor, b: Tensor, scale: float, mask: Tensor | None = None
) -> Tensor:
    """The sum x W^T + scale (x * mask) A^T B^T, with W frozen (Hu et al. 2021, https://arxiv.org/abs/2106.09685).

    `x` (…, in), W (out, in), `a` (rank, in), `b` (out, rank), `mask` (in,); gives (…, out). The mask is laid on A
    instead of x, which is the same product.
    """
    return _LoraLinear.apply(x, frozen, a, b, scale, mask)  # type: ignore[no-any-return, no-untyped-call]


class _FrozenLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, frozen: FrozenWeight) -> Tensor:
        ctx.frozen = frozen
        return frozen.times(x.reshape(-1, x.shape[-1])).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        grad = grads[0]
        return ctx.frozen.back(grad.reshape(-1, grad.shape[-1])).view(*grad.shape[:-1], -1), None


def fuse_lora(adapted: nn.Module, kernels: Kernels | None = None) -> int:
    """Replaces the forward of every plain LoRA layer in a PEFT model by `lora_linear`; how many that were.

    For training: an adapter that is merged or switched off is not looked at, and weights may lose their content.
    Layers with DoRA or over GPT-2's transposed weights stay as they are.
    """
    forwards = {module: forward for module in adapted.modules() if (forward := _forward(module, kernels)) is not None}
    return _replace(forwards)


def fuse_frozen(model: Any, kernels: Kernels) -> int:
    """The same for the frozen linear layers of `model` that have no adapter, its output layer excepted."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    others = {id(module.get_base_layer()) for module in model.modules() if isinstance(module, BaseTunerLayer)}
    others.add(id(model.get_output_embeddings()))
    forwards = {
        module: _frozen_forward(frozen, module.bias)
        for module in model.modules()
        if type(module) is nn.Linear and id(module) not in others and not module.weight.requires_grad
        and (frozen := _frozen(module, kernels)).ours is not None
    }  # fmt: skip
    return _replace(forwards)


def _replace(forwards: Mapping[Any, Callable[[Tensor], Tensor]]) -> int:
    for module, forward in forwards.items():
        module.forward = forward
    return len(forwards)


def _frozen(linear: nn.Linear, kernels: Kernels | None) -> FrozenWeight:
    """The weight of `linear`, which gives its own memory back where ours are other copies."""
    frozen = FrozenWeight.of(linear.weight, kernels)
    if frozen.ours is not None:
        linear.weight.data = linear.weight.new_empty(0)
    return frozen


def _frozen_forward(frozen: FrozenWeight, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        out: Tensor = _FrozenLinear.apply(x, frozen)  # type: ignore[no-untyped-call]
        return out if bias is None else out + bias

    return forward


def _forward(module: Any, kernels: Kernels | None) -> Callable[[Tensor], Tensor] | None:
    from peft.tuners.lora import Linear as LoraLayer

    if not isinstance(module, LoraLayer) or list(module.lora_A) != [ADAPTER]:
        return None
    base, down, up = module.get_base_layer(), module.lora_A[ADAPTER], module.lora_B[ADAPTER]
    if type(base) is not nn.Linear or base.weight.requires_grad or up.bias is not None or module.lora_variant:
        return None
    dropout, scale = module.lora_dropout[ADAPTER], float(module.scaling[ADAPTER])
    frozen = _frozen(base, kernels)

    def forward(x: Tensor) -> Tensor:
        mask = dropout.mask(x.shape[-1]) if isinstance(dropout, FeatureDropout) else None
        mask = None if mask is None else mask.to(x.device, x.dtype)
        out = lora_linear(x, frozen, down.weight, up.weight, scale, mask)
        return out if base.bias is None else out + base.bias

    return forward
