"""Gradient checkpointing: layers whose activations exceed a memory budget keep only their input.

They run again in the backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174) with the same dropout masks, so
the gradient does not depend on the budget, bit for bit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from sumtune.kernels.attention import before_backward
from sumtune.model.device_memory import available_bytes

__all__ = ["Recompute", "saved_bytes"]

BYTES_PER_PARAMETER = 7
"""Budget per parameter of the model: three to four times the size of a bf16 model."""
SMALLEST_BUDGET = 2**30
PROBES = (64, 192)
"""Lengths in tokens of the two inputs whose activations are measured."""

Loss = Callable[[int], Tensor]
"""Function from the length of an input, in tokens, to the loss of that input."""


@dataclass
class Recompute:
    """Decides for each micro-batch how many layers run again in the backward pass."""

    generator: torch.Generator
    """Random generator of the dropout masks."""
    layers: int
    """Number of layers that can run again."""
    budget_bytes: float
    """Limit on the activations that layers save, not counting the inputs of layers that run again."""
    bytes_per_token: float = 0.0
    """Activations that all layers together save for one token, measured with the first micro-batch."""
    count: int = 0
    """Number of layers that run again: first those with a window, because their attention costs least, then the others.
    When the backward pass reaches them, the activations of the last layers are already freed."""

    @classmethod
    def of(cls, model: Any, generator: torch.Generator) -> "Recompute":
        """Wrap the layers of a Hugging Face `model`, so that they can run again in the backward pass.

        `generator` is the random generator of their dropout.
        """
        from transformers.modeling_layers import GradientCheckpointingLayer

        layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
        recompute = cls(generator, len(layers), _budget(model))
        for place, layer in enumerate(sorted(layers, key=_sees_everything)):
            layer.forward = partial(recompute._forward, place, layer.forward)
        return recompute

    def plan(self, tokens: int, loss: Loss) -> None:
        """Set `count` for a micro-batch of `tokens`, padding included."""
        if not self.bytes_per_token:
            self.measure(loss)
        self.count = self.layers_to_recompute(tokens)

    def layers_to_recompute(self, tokens: int) -> int:
        """Return the number of layers that run again for a micro-batch of `tokens`."""
        needed = self.bytes_per_token * tokens
        return max(0, ceil(self.layers * (1 - self.budget_bytes / needed))) if needed else 0

    def saved_bytes_of(self, tokens: int) -> float:
        """Return the size in bytes of the activations that layers save for a micro-batch of `tokens`."""
        return self.bytes_per_token * tokens * (1 - self.layers_to_recompute(tokens) / max(1, self.layers))

    def measure(self, loss: Loss) -> None:
        """Measure `bytes_per_token` on two short inputs, without changing the state of the dropout generator."""
        self.count, state = 0, self.generator.get_state()
        short, long = (saved_bytes(partial(loss, tokens)) for tokens in PROBES)
        self.generator.set_state(state)
        self.bytes_per_token = (long - short) / (PROBES[1] - PROBES[0])

    def _forward(self, place: int, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if place >= self.count or not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        state = self.generator.get_state()
        return checkpoint(
            forward, *args, use_reentrant=False, preserve_rng_state=False,
            context_fn=lambda: (before_backward(), _drawing_from(self.generator, state)), **kwargs,
        )  # fmt: skip


def _sees_everything(layer: Any) -> bool:
    """Return whether no attention of `layer` is limited to a window of positions."""
    return not any(getattr(module, "sliding_window", None) for module in layer.modules())


def saved_bytes(compute: Callable[[], Tensor]) -> int:
    """Return the size in bytes of the tensors that `compute` saves for its backward pass, without parameters."""
    storages: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not (tensor.is_leaf and tensor.requires_grad):
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda tensor: tensor):
        result = compute()
    del result  # keep counted tensors alive until here, so that no other tensor reuses their memory
    return sum(storages.values())


def _budget(model: Any) -> float:
    device = next(model.parameters()).device
    if device.type == "cuda":
        return available_bytes(device) / 2
    return float(max(SMALLEST_BUDGET, BYTES_PER_PARAMETER * sum(parameter.numel() for parameter in model.parameters())))


@contextmanager
def _drawing_from(generator: torch.Generator, state: Tensor) -> Iterator[None]:
    """Inside the context, let `generator` repeat its draws from `state`; afterwards, restore its own state."""
    now = generator.get_state()
    generator.set_state(state)
    try:
        with before_backward():
            yield
    finally:
        generator.set_state(now)
