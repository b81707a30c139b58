"""Gradient checkpointing: layers whose activations exceed a budget keep only their input.

They run again in the backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174) with the same dropout, so the
gradient is the same bit for bit, whatever the budget.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

__all__ = ["Recompute", "kept_bytes"]

BYTES_A_PARAMETER = 6
"""Budget for each number of the model: about three times a model in bf16."""
SMALLEST_BUDGET = 2**30
PROBES = (64, 192)
"""Tokens of the two inputs whose activations are measured."""

Loss = Callable[[int], Tensor]
"""The loss of an input of so many tokens."""


@dataclass
class Recompute:
    """The number of layers that run again in the backward pass of the current micro-batch."""

    generator: torch.Generator
    """The source of dropout."""
    layers: int
    """Layers that can run again."""
    budget_bytes: float
    """Most bytes of activations that layers keep, inputs of layers that run again excepted."""
    bytes_a_token: float = 0.0
    """Bytes of activations that all layers together keep for a token, measured with the first micro-batch."""
    count: int = 0
    """The first `count` layers run again: the backward pass frees the activations of the last ones before it
    reaches them."""

    @classmethod
    def of(cls, model: Any, generator: torch.Generator) -> "Recompute":
        """Prepare the layers of a Hugging Face `model`, whose dropout draws from `generator`."""
        from transformers.modeling_layers import GradientCheckpointingLayer

        layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
        made = cls(generator, len(layers), _budget(model))
        for number, layer in enumerate(layers):
            layer.forward = partial(made._forward, number, layer.forward)
        return made

    def plan(self, tokens: int, loss: Loss) -> None:
        """Choose the layers that run again for a micro-batch of `tokens`, padding included."""
        if not self.bytes_a_token:
            self.measure(loss)
        self.count = self.recomputed(tokens)

    def recomputed(self, tokens: int) -> int:
        """Return the number of layers that run again for a micro-batch of `tokens`."""
        needed = self.bytes_a_token * tokens
        return max(0, ceil(self.layers * (1 - self.budget_bytes / needed))) if needed else 0

    def kept(self, tokens: int) -> float:
        """Return the bytes of activations that layers keep of a micro-batch of `tokens`."""
        return self.bytes_a_token * tokens * (1 - self.recomputed(tokens) / max(1, self.layers))

    def measure(self, loss: Loss) -> None:
        """Measure `bytes_a_token` on two short inputs; dropout is as if nothing had been computed."""
        self.count, state = 0, self.generator.get_state()
        short, long = (kept_bytes(partial(loss, tokens)) for tokens in PROBES)
        self.generator.set_state(state)
        self.bytes_a_token = (long - short) / (PROBES[1] - PROBES[0])

    def _forward(self, number: int, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if number >= self.count or not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        state = self.generator.get_state()
        return checkpoint(
            forward, *args, use_reentrant=False, preserve_rng_state=False,
            context_fn=lambda: (nullcontext(), _drawing_from(self.generator, state)), **kwargs,
        )  # fmt: skip


def kept_bytes(compute: Callable[[], Tensor]) -> int:
    """Return the bytes of all tensors that `compute` keeps for its backward pass, learned parameters excepted."""
    storages: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not (tensor.is_leaf and tensor.requires_grad):
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda tensor: tensor):
        result = compute()
    del result  # only now may another tensor take the place of one that was counted
    return sum(storages.values())


def _budget(model: Any) -> float:
    device = next(model.parameters()).device
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0]) / 2
    return float(max(SMALLEST_BUDGET, BYTES_A_PARAMETER * sum(parameter.numel() for parameter in model.parameters())))


@contextmanager
def _drawing_from(generator: torch.Generator, state: Tensor) -> Iterator[None]:
    """Let `generator` draw again what it drew from `state` on, and then continue where it was."""
    now = generator.get_state()
    generator.set_state(state)
    try:
        yield
    finally:
        generator.set_state(now)
