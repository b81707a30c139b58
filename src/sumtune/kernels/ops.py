"""The kernels as differentiable functions of tensors (batch, time, …) in bfloat16 or float32, all on the CPU.

Weights of norms and of the output layer are frozen: no gradient is computed for them.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = ["Heads", "Seen", "attend", "attention", "gated", "rms_norm", "rotate", "summed_cross_entropy"]

LOGIT_ROWS = 192
"""Most rows of logits that exist at a time: 100 MB in bf16 for a vocabulary of 262,144."""


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
    """RMS norm (Zhang and Sennrich 2019): x / sqrt(mean(x², last axis) + eps) * weight, the weight in float32."""
    return _RmsNorm.apply(kernels, x, weight, eps)  # type: ignore[no-any-return, no-untyped-call]


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kernels: Kernels, gate: Tensor, up: Tensor, linear: float, cubic: float) -> Tensor:
        gate, up = gate.contiguous(), up.contiguous()
        out = torch.empty_like(gate)
        kernels("gated", gate, up, out, gate.numel(), linear, cubic)
        ctx.save_for_backward(gate, up)
        ctx.kernels, ctx.shape_of_sigmoid = kernels, (linear, cubic)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, Tensor, None, None]:
        gate, up = ctx.saved_tensors
        dgate, dup = torch.empty_like(gate), torch.empty_like(up)
        ctx.kernels("gated_backward", grads[0].contiguous(), gate, up, dgate, dup, gate.numel(), *ctx.shape_of_sigmoid)
        return None, dgate, dup, None, None


def gated(kernels: Kernels, gate: Tensor, up: Tensor, linear: float, cubic: float) -> Tensor:
    """SwiGLU and tanh-GEGLU (Shazeer 2020): gate * sigmoid(linear * gate + cubic * gate³) * up, elementwise."""
    return _Gated.apply(kernels, gate, up, linear, cubic)  # type: ignore[no-any-return, no-untyped-call]


@dataclass(frozen=True)
class Heads:
    """What turns projections into attention: sizes, norms, and how far back a position sees."""

    queries: int
    keys: int
    """Heads of keys and values; each serves queries / keys heads of queries."""
    dim: int
    scale: float
    window: int
    """Tokens that a position sees, itself included."""
    query_norm: Tensor | None = None
    """(dim,) float32: weight of the RMS norm of queries, where there is one."""
    key_norm: Tensor | None = None
    eps: float = 0.0


class _Attend(torch.autograd.Function):
    """Plain attention by batched products: for dialogues, faster on a CPU than blockwise attention."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
    ) -> Tensor:
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        out, seen = attention(kernels, heads, q, k, v, cosine, sine)
        ctx.save_for_backward(
            q, k, seen.queries, seen.keys, seen.values, seen.probabilities, cosine, sine, seen.query_rstd, seen.key_rstd
        )
        ctx.kernels, ctx.heads = kernels, heads
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        q, k, q_rows, k_rows, v_rows, probabilities, cosine, sine, q_rstd, k_rstd = ctx.saved_tensors
        kernels, heads = ctx.kernels, ctx.heads
        batch, time, _ = q.shape
        grad = grads[0].reshape(batch, time, heads.queries, heads.dim).transpose(1, 2).reshape(q_rows.shape)
        dv = torch.bmm(probabilities.transpose(1, 2), grad).view(batch, heads.keys, time, heads.dim)
        dscores = torch.bmm(grad, v_rows.transpose(1, 2))
        kernels("causal_softmax_backward", probabilities, dscores, dscores.shape[0] * dscores.shape[1], time,
                heads.window)  # fmt: skip
        turned_q, turned_k = torch.bmm(dscores, k_rows), torch.bmm(dscores.transpose(1, 2), q_rows)
        dq, dk = torch.empty_like(q), torch.empty_like(k)
        sizes = (batch, time)
        kernels("rotate_heads_backward", turned_q, q, heads.query_norm, cosine, sine, q_rstd, dq, *sizes,
                heads.queries, heads.dim, heads.scale)  # fmt: skip
        kernels("rotate_heads_backward", turned_k, k, heads.key_norm, cosine, sine, k_rstd, dk, *sizes,
                heads.keys, heads.dim, 1.0)  # fmt: skip
        return None, None, dq, dk, dv.transpose(1, 2).reshape(k.shape), None, None


def rotate(
    kernels: Kernels, heads: Heads, x: Tensor, norm: Tensor | None, cosine: Tensor, sine: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Heads (batch, count, time, dim) of `x` (batch, time, count * dim), normed, rotated by (time, dim), and scaled.

    Beside them 1 / rms of the norm, (batch, time, count).

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
    """
    batch, time, width = x.shape
    if cosine.shape != (time, heads.dim) or sine.shape != cosine.shape:
        raise ValueError(f"rotary tables of {tuple(cosine.shape)} for {time} positions and heads of {heads.dim}")
    count = width // heads.dim
    out, rstd = x.new_empty(batch, count, time, heads.dim), torch.empty(batch, time, count)
    kernels("rotate_heads", x.contiguous(), norm, cosine, sine, out, rstd, batch, time, count, heads.dim, heads.eps,
            scale)  # fmt: skip
    return out, rstd


class Seen(NamedTuple):
    """What attention over whole rows computed on its way; `rows` are (heads sharing a key) * time."""

    queries: Tensor
    """(batch * key heads, rows, dim)."""
    keys: Tensor
    """(batch * key heads, time, dim); `values` likewise."""
    values: Tensor
    probabilities: Tensor
    """(batch * key heads, rows, time)."""
    query_rstd: Tensor
    key_rstd: Tensor


def attention(
    kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
) -> tuple[Tensor, Seen]:
    """`attend` without gradient, with what it computed on its way.

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
    """
    batch, time, _ = q.shape
    queries, query_rstd = rotate(kernels, heads, q, heads.query_norm, cosine, sine, heads.scale)
    keys, key_rstd = rotate(kernels, heads, k, heads.key_norm, cosine, sine, 1.0)
    groups, rows = batch * heads.keys, heads.queries // heads.keys * time
    query_rows, key_rows = queries.view(groups, rows, heads.dim), keys.view(groups, time, heads.dim)
    value_rows = v.view(batch, time, heads.keys, heads.dim).transpose(1, 2).reshape(groups, time, heads.dim)
    probabilities = torch.bmm(query_rows, key_rows.transpose(1, 2))
    kernels("causal_softmax", probabilities, groups * rows, time, heads.window)
    out = torch.bmm(probabilities, value_rows).view(batch, heads.queries, time, heads.dim)
    seen = Seen(query_rows, key_rows, value_rows, probabilities, query_rstd, key_rstd)
    return out.transpose(1, 2).reshape(batch, time, -1), seen


def attend(kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Causal attention (Vaswani et al. 2017) with rotary positions (Su et al. 2021), from projections to its result.

    `q` (batch, time, queries * dim), `k` and `v` (batch, time, keys * dim), `cosine` and `sine` (time, dim) in the
    same dtype; gives (batch, time, queries * dim). Rows may be padded on the right only.

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
    """
    return _Attend.apply(kernels, heads, q, k, v, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]


class _SummedCrossEntropy(torch.autograd.Function):
    """Output layer and cross entropy in one, a few rows of logits at a time; their gradient is taken on the way."""

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        wanted = ctx.needs_input_grad[1]
        gradient = torch.empty_like(hidden) if wanted else None
        losses = torch.empty(len(hidden))
        parts = max(1, -(-len(hidden) // LOGIT_ROWS))
        logits = hidden.new_empty(-(-len(hidden) // parts), len(weight))
        for start in range(0, len(hidden), len(logits)):
            chosen = slice(start, start + len(logits))
            part = logits[: len(hidden[chosen])]
            torch.mm(hidden[chosen], weight.t(), out=part)
            kernels("cross_entropy", part, targets[chosen], losses[chosen], *part.shape, int(wanted))
            if gradient is not None:
                torch.mm(part, weight, out=gradient[chosen])
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return losses.double().sum().float()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return None, gradient * grads[0].to(gradient.dtype), None, None


def summed_cross_entropy(kernels: Kernels, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum over rows of -log softmax(hidden @ weight.T)[target].

    `hidden` (tokens, features), `weight` (vocabulary, features) frozen, `targets` (tokens,) int64.
    """
    return _SummedCrossEntropy.apply(kernels, hidden, weight, targets)  # type: ignore[no-any-return, no-untyped-call]
