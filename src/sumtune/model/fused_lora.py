"""A linear layer and its LoRA adapter as one function: no tensor as wide as the layer besides its output."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.model.lora import FeatureDropout

__all__ = ["fuse_lora", "lora_linear"]

ADAPTER = "default"


class _LoraLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float, mask: Tensor | None) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        masked = a if mask is None else a * mask
        inner = rows @ masked.t()
        out = (rows @ weight.t()).addmm_(inner, b.t(), alpha=scale)
        ctx.save_for_backward(rows, weight, masked, b, inner, mask)
        ctx.scale = scale
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight, masked, b, inner, mask = ctx.saved_tensors
        grad = grads[0].reshape(len(rows), -1)
        dinner = (grad @ b).mul_(ctx.scale)
        da = dinner.t() @ rows
        db = (grad.t() @ inner).mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (grad @ weight).addmm_(dinner, masked).view(*grads[0].shape[:-1], -1)
        return dx, None, da if mask is None else da * mask, db, None, None


def lora_linear(x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float, mask: Tensor | None = None) -> Tensor:
    """The sum x W^T + scale (x * mask) A^T B^T, with W frozen (Hu et al. 2021, https://arxiv.org/abs/2106.09685).

    `x` (…, in), `weight` (out, in), `a` (rank, in), `b` (out, rank), `mask` (in,); gives (…, out). The mask is laid on
    A instead of x, which is the same product.
    """
    return _LoraLinear.apply(x, weight, a, b, scale, mask)  # type: ignore[no-any-return, no-untyped-call]


def fuse_lora(adapted: nn.Module) -> int:
    """Replaces the forward of every plain LoRA layer in a PEFT model by `lora_linear`; how many that were.

    For training: an adapter that is merged or switched off is not looked at. Layers with DoRA, with a bias of their
    own, or over GPT-2's transposed weights stay as they are.
    """
    count = 0
    for module in adapted.modules():
        if (forward := _forward(module)) is not None:
            module.forward = forward
            count += 1
    return count


def _forward(module: Any) -> Callable[[Tensor], Tensor] | None:
    from peft.tuners.lora import Linear as LoraLayer

    if not isinstance(module, LoraLayer) or list(module.lora_A) != [ADAPTER]:
        return None
    base, down, up = module.get_base_layer(), module.lora_A[ADAPTER], module.lora_B[ADAPTER]
    if type(base) is not nn.Linear or base.weight.requires_grad or up.bias is not None or module.lora_variant:
        return None
    dropout, scale = module.lora_dropout[ADAPTER], float(module.scaling[ADAPTER])

    def forward(x: Tensor) -> Tensor:
        mask = dropout.mask(x.shape[-1]) if isinstance(dropout, FeatureDropout) else None
        mask = None if mask is None else mask.to(x.device, x.dtype)
        out = lora_linear(x, base.weight, down.weight, up.weight, scale, mask)
        return out if base.bias is None else out + base.bias

    return forward
