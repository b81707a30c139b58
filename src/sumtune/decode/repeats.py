"""Forbid tokens that would repeat a sequence of tokens (Paulus et al. 2017, https://arxiv.org/abs/1705.04304)."""

import torch
from torch import Tensor

__all__ = ["forbid_repeats"]


def forbid_repeats(logits: Tensor, written: Tensor, size: int) -> None:
    """Set to -inf the logits of the tokens that would end an n-gram of `size` tokens which its row has already.

    `logits` (rows, vocabulary) is changed in place; `written` (rows, tokens) has all tokens of each summary so far.
    A `size` of 0 forbids nothing.

    >>> logits = torch.zeros(1, 4)
    >>> forbid_repeats(logits, torch.tensor([[1, 2, 3, 1]]), 2)
    >>> logits.tolist()
    [[0.0, 0.0, -inf, 0.0]]
    """
    before = size - 1
    if size == 0 or written.shape[1] < size:
        return
    begun_before = (written.unfold(1, before, 1)[:, :-1] == written[:, None, -before:]).all(-1)
    change = torch.zeros_like(begun_before, dtype=logits.dtype).masked_fill_(begun_before, -torch.inf)
    logits.scatter_add_(1, written[:, before:], change)  # unlike an index made from a mask, this never waits for a GPU
