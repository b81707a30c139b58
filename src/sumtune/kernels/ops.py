"""Differentiable norms and gates for CPU tensors (batch, time, …) in bfloat16 or float32.

Norm weights are frozen: no gradient is computed for them.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = ["Gate", "gated", "rms_norm"]


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kernels: Kernels, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        x = x.contiguous()
        rows, n = x.numel() // x.shape[-1], x.shape[-1]
        out, rstd = torch.empty_like(x), torch.empty(rows)
        kernels("rms_norm", x, weight, out, rstd, rows, n, eps)
        ctx.save_for_backward(x, weight, rstd)
        ctx.kernels = kernels
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None, None]:
        x, weight, rstd = ctx.saved_tensors
        dx = torch.empty_like(x)
        ctx.kernels("rms_norm_backward", grads[0].contiguous(), x, weight, rstd, dx, len(rstd), x.shape[-1])
        return None, dx, None, None


def rms_norm(kernels: Kernels, x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Return the RMS norm (Zhang and Sennrich 2019) x / sqrt(mean(x², last axis) + eps) * weight; weight in float32."""
    return _RmsNorm.apply(kernels, x, weight, eps)  # type: ignore[no-any-return, no-untyped-call]


@dataclass(frozen=True)
class Gate:
    """The activation x * sigmoid(linear * x + cubic * x³), and the kernels that compute it."""

    kernels: Kernels
    linear: float
    cubic: float

    def forward(self, gate: Tensor, up: Tensor) -> Tensor:
        """Return activation(gate) * up. Both tensors must be dense and have the same shape."""
        out = torch.empty_like(gate)
        self.kernels("gated", gate, up, out, gate.numel(), self.linear, self.cubic)
        return out

    def backward(self, grad: Tensor, gate: Tensor, up: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of `gate` and `up`, given the gradient of the result."""
        dgate, dup = torch.empty_like(gate), torch.empty_like(up)
        self.kernels("gated_backward", grad.contiguous(), gate, up, dgate, dup, gate.numel(), self.linear, self.cubic)
        return dgate, dup


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Gate, x: Tensor, up: Tensor) -> Tensor:
        x, up = x.contiguous(), up.contiguous()
        ctx.save_for_backward(x, up)
        ctx.gate = gate
        return gate.forward(x, up)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, Tensor]:
        return None, *ctx.gate.backward(grads[0], *ctx.saved_tensors)


def gated(gate: Gate, x: Tensor, up: Tensor) -> Tensor:
    """Return activation(x) * up: SwiGLU or tanh-GEGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202)."""
    return _Gated.apply(gate, x, up)  # type: ignore[no-any-return, no-untyped-call]
