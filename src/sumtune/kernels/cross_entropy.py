"""Output layer and cross entropy as one CPU function that never holds all logits in memory."""

from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = ["LOGIT_ROWS", "cross_entropies_of_logits", "summed_cross_entropy", "token_cross_entropies"]

LOGIT_ROWS = 192
"""Most rows of logits in memory at a time: 100 MB in bf16 for a vocabulary of 262,144."""
SUMMED_COLUMNS = 64
"""Weight columns summed at a time, because torch copies them to float32."""
SMALLEST = 1e-5
"""In bf16, the gradient omits tokens whose probability is below this in all rows (Wijmans et al. 2024,
https://arxiv.org/abs/2411.09009). The error is about as large as that of rounding."""
MOST_LEFT_OUT = 0.02
"""Largest share of the probability, averaged over rows, that the omitted tokens may have; above it, none is omitted.
The share is spread evenly over the omitted tokens, so that each row's gradient still sums to zero."""


class _TokenCrossEntropies(torch.autograd.Function):
    """Output layer and cross entropy, computed a few rows at a time. The forward pass also computes the gradient."""

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
                _times_weight(kernels, part, weight, gradient[chosen])
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return None, gradient * grads[0][:, None].to(gradient.dtype), None, None


class _CrossEntropiesOfLogits(torch.autograd.Function):
    """Cross entropy of each row. The forward pass also computes the gradient."""

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, logits: Tensor, targets: Tensor) -> Tensor:
        wanted = ctx.needs_input_grad[1]
        gradient, losses = logits.clone(memory_format=torch.contiguous_format), torch.empty(len(logits))
        kernels("cross_entropy", gradient, targets, losses, *gradient.shape, int(wanted))
        if wanted:
            ctx.save_for_backward(gradient)
        return losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return None, gradient * grads[0][:, None].to(gradient.dtype), None


def cross_entropies_of_logits(kernels: Kernels, logits: Tensor, targets: Tensor) -> Tensor:
    """Return -log softmax(logits)[target] of each row (rows,) in float32.

    `logits` (rows, vocabulary) are in bfloat16 or float32, `targets` (rows,) int64.
    """
    return _CrossEntropiesOfLogits.apply(kernels, logits, targets)  # type: ignore[no-any-return, no-untyped-call]


def summed_cross_entropy(kernels: Kernels, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Return the sum over rows of -log softmax(hidden @ weight.T)[target].

    `hidden` (tokens, features), `weight` (vocabulary, features) frozen, `targets` (tokens,) int64.
    """
    return token_cross_entropies(kernels, hidden, weight, targets).double().sum().float()


def token_cross_entropies(kernels: Kernels, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Return -log softmax(hidden @ weight.T)[target] of each row (tokens,) in float32; see `summed_cross_entropy`."""
    return _TokenCrossEntropies.apply(kernels, hidden, weight, targets)  # type: ignore[no-any-return, no-untyped-call]


def _times_weight(kernels: Kernels, gradient: Tensor, weight: Tensor, out: Tensor) -> None:
    """Write softmax - one-hot (rows, vocabulary) times `weight` (vocabulary, features) into `out`."""
    if gradient.dtype == torch.bfloat16:
        above = torch.empty(len(weight), dtype=torch.uint8)
        kernels("columns_above", gradient, above, *gradient.shape, SMALLEST)
        columns = above.nonzero()[:, 0]
        if 2 * len(columns) < len(weight):
            part = gradient.index_select(1, columns)
            left_out = -part.sum(1, dtype=torch.float32)  # the sum over all columns is 0
            if left_out.mean() < MOST_LEFT_OUT:
                kept = weight.index_select(0, columns)
                others = (_column_sums(weight) - kept.sum(0, dtype=torch.float32)) / (len(weight) - len(kept))
                torch.addmm(torch.outer(left_out, others).to(out.dtype), part, kept, out=out)
                return
    torch.mm(gradient, weight, out=out)


def _column_sums(weight: Tensor) -> Tensor:
    """Return the sum over the vocabulary (features,) in float32. It is cached on the weight, which is frozen."""
    sums: Tensor | None = getattr(weight, "_column_sums", None)
    if sums is None:
        parts = [part.sum(0, dtype=torch.float32) for part in torch.split(weight, SUMMED_COLUMNS, 1)]
        sums = weight._column_sums = torch.cat(parts)  # type: ignore[attr-defined]
    return sums
