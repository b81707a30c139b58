"""Linear layers for training, frozen or with a LoRA adapter, each as one autograd function."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.kernels.build import Kernels
from sumtune.kernels.frozen import FrozenWeight
from sumtune.kernels.ops import Gate
from sumtune.memory import release_pages
from sumtune.model.lora import FeatureDropout

__all__ = ["LoraForward", "fuse_frozen", "fuse_lora", "kernels_for_products", "lora_linear"]

ADAPTER = "default"
FP32_LIMIT_BYTES = 1 << 30
"""Largest size of the linear layers in float32 for which our products are worth a second copy in memory."""


@dataclass(frozen=True)
class _Adapted:
    """A frozen layer with its LoRA adapter, applied to a matrix of rows."""

    frozen: FrozenWeight
    scale: float

    def forward(self, rows: Tensor, masked: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output (rows, out) and the activations between A and B (rows, rank); `masked` is A * mask."""
        inner = (rows @ masked.t()).mul_(self.scale)
        return self.frozen.times(rows, inner, b), inner

    def backward(
        self, grad: Tensor, rows: Tensor, masked: Tensor, b: Tensor, inner: Tensor, *, to_rows: bool = True
    ) -> tuple[Tensor | None, Tensor, Tensor]:
        """Return the gradients of `rows` (None unless `to_rows`), of the masked A and of B."""
        dinner = (grad @ b).mul_(self.scale)
        dx = self.frozen.back(grad, dinner, masked) if to_rows else None
        return dx, dinner.t() @ rows, grad.t() @ inner


class _LoraLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, adapted: _Adapted, x: Tensor, a: Tensor, b: Tensor, mask: Tensor | None) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        masked = a if mask is None else a * mask
        out, inner = adapted.forward(rows, masked, b)
        ctx.save_for_backward(rows, masked, b, inner, mask)
        ctx.adapted = adapted
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        *saved, mask = ctx.saved_tensors
        grad = grads[0].reshape(-1, grads[0].shape[-1])
        dx, da, db = ctx.adapted.backward(grad, *saved, to_rows=ctx.needs_input_grad[1])
        dx = None if dx is None else dx.view(*grads[0].shape[:-1], -1)
        return None, dx, da if mask is None else da * mask, db, None


class _GatedLoraLinear(torch.autograd.Function):
    """Recomputes the gated input in the backward pass, because it is the largest tensor that a layer would keep."""

    @staticmethod
    def forward(
        ctx: Any, adapted: _Adapted, gate: Gate, x: Tensor, up: Tensor, a: Tensor, b: Tensor, mask: Tensor | None
    ) -> Tensor:
        x, up = x.contiguous(), up.contiguous()
        masked = a if mask is None else a * mask
        out, inner = adapted.forward(gate.forward(x, up).view(-1, x.shape[-1]), masked, b)
        ctx.save_for_backward(x, up, masked, b, inner, mask)
        ctx.adapted, ctx.gate = adapted, gate
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, up, *saved, mask = ctx.saved_tensors
        grad, rows = grads[0].reshape(-1, grads[0].shape[-1]), ctx.gate.forward(x, up).view(-1, x.shape[-1])
        dx, da, db = ctx.adapted.backward(grad, rows, *saved)
        return None, None, *ctx.gate.backward(dx, x, up), da if mask is None else da * mask, db, None


def lora_linear(
    x: Tensor, frozen: FrozenWeight, a: Tensor, b: Tensor, scale: float, mask: Tensor | None = None
) -> Tensor:
    """Return x W^T + scale (x * mask) A^T B^T with a frozen W (Hu et al. 2021, https://arxiv.org/abs/2106.09685).

    Shapes: `x` (…, in), W (out, in), `a` (rank, in), `b` (out, rank), `mask` (in,), result (…, out). The mask
    multiplies A instead of x, which gives the same product.
    """
    return _LoraLinear.apply(_Adapted(frozen, scale), x, a, b, mask)  # type: ignore[no-any-return, no-untyped-call]


class _FrozenLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, frozen: FrozenWeight) -> Tensor:
        ctx.frozen = frozen
        return frozen.times(x.reshape(-1, x.shape[-1])).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        grad = grads[0]
        return ctx.frozen.back(grad.reshape(-1, grad.shape[-1])).view(*grad.shape[:-1], -1), None


def kernels_for_products(model: Any, kernels: Kernels | None) -> Kernels | None:
    """Return the kernels for products with the linear layers of `model`; None if torch computes them.

    Our products need one copy of a weight for the forward pass and one for the backward pass. torch computes those of
    the output layer.
    """
    output = model.get_output_embeddings()
    weights = [module.weight for module in model.modules() if type(module) is nn.Linear and module is not output]
    size = sum(weight.nbytes for weight in weights if weight.dtype == torch.float32)
    return kernels if size <= FP32_LIMIT_BYTES else None


def fuse_lora(adapted: nn.Module, kernels: Kernels | None = None) -> int:
    """Replace the forward of every plain LoRA layer in a PEFT model by `lora_linear`; return their number.

    Only for training: merged or disabled adapters are not supported. If the kernels keep a weight in their own layout,
    the original weight in the model is freed. Layers with DoRA and layers with GPT-2's transposed weights keep
    their own forward.
    """
    tied = _tied(adapted)
    forwards = {
        module: forward for module in adapted.modules() if (forward := _forward(module, kernels, tied)) is not None
    }
    return _replace(forwards)


def _tied(model: nn.Module) -> set[int]:
    """Return the ids of parameters that several modules share, which must not be freed."""
    counts = Counter(id(parameter) for _, parameter in model.named_parameters(remove_duplicate=False))
    return {parameter for parameter, count in counts.items() if count > 1}


def fuse_frozen(model: Any, kernels: Kernels) -> int:
    """Replace the forward of all frozen linear layers except the output layer by kernels; return their number."""
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
    """Return the weight of `linear` in the layout of the kernels. A converted weight frees the original one."""
    frozen = FrozenWeight.of(linear.weight, kernels)
    if frozen.ours is not None:
        weight = linear.weight
        if weight.is_contiguous():
            release_pages(weight.data_ptr(), weight.numel() * weight.element_size())
        weight.data = weight.new_empty(0)
    return frozen


def _frozen_forward(frozen: FrozenWeight, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        out: Tensor = _FrozenLinear.apply(x, frozen)  # type: ignore[no-untyped-call]
        return out if bias is None else out + bias

    return forward


@dataclass(frozen=True)
class LoraForward:
    """Forward of a linear layer with its adapter."""

    adapted: _Adapted
    down: nn.Linear
    """LoRA's A."""
    up: nn.Linear
    """LoRA's B."""
    dropout: Any
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """Map `x` (…, in) to (…, out)."""
        return self._biased(_LoraLinear.apply(self.adapted, x, self.down.weight, self.up.weight, self._mask(x)))  # type: ignore[no-untyped-call]

    def of_gated(self, gate: Gate, x: Tensor, up: Tensor) -> Tensor:
        """Apply the layer to `gated(gate, x, up)` without keeping that input for the backward pass."""
        out = _GatedLoraLinear.apply(self.adapted, gate, x, up, self.down.weight, self.up.weight, self._mask(x))  # type: ignore[no-untyped-call]
        return self._biased(out)

    def _mask(self, x: Tensor) -> Tensor | None:
        mask = self.dropout.mask(x.shape[-1]) if isinstance(self.dropout, FeatureDropout) else None
        return None if mask is None else mask.to(x.device, x.dtype)

    def _biased(self, out: Tensor) -> Tensor:
        return out if self.bias is None else out + self.bias


def _forward(module: Any, kernels: Kernels | None, tied: set[int]) -> LoraForward | None:
    from peft.tuners.lora import Linear as LoraLayer

    if not isinstance(module, LoraLayer) or list(module.lora_A) != [ADAPTER]:
        return None
    base, down, up = module.get_base_layer(), module.lora_A[ADAPTER], module.lora_B[ADAPTER]
    if type(base) is not nn.Linear or base.weight.requires_grad or up.bias is not None or module.lora_variant:
        return None
    adapted = _Adapted(_frozen(base, None if id(base.weight) in tied else kernels), float(module.scaling[ADAPTER]))
    return LoraForward(adapted, down, up, module.lora_dropout[ADAPTER], base.bias)
