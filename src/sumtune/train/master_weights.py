"""Float32 master copies of the adapter weights, which the optimizer updates, and their running average."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["MasterWeights"]


class MasterWeights:
    """Float32 copies of the trainable parameters, whatever the model's number format (Micikevicius et al. 2017).

    A bf16 weight cannot change by less than 1/256 of its value; its float32 copy can
    (https://arxiv.org/abs/1710.03740, section 3.1). Gradients of micro-batches are summed in float32, too.
    `average` is a running mean of the weights (Polyak and Juditsky 1992, https://doi.org/10.1137/0330046), which has
    less noise than the last weights.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.parameters = parameters
        self.weights = {name: parameter.detach().float().clone() for name, parameter in parameters.items()}
        self.average = {name: weight.clone() for name, weight in self.weights.items()}

    def groups(self, ratio: float) -> list[dict[str, Any]]:
        """Return the groups of the optimizer; the learning rate of LoRA's B is `ratio` times that of the others.

        LoRA+ (Hayou et al. 2024, https://arxiv.org/abs/2402.12354, section 4).
        """
        faster = [weight for name, weight in self.weights.items() if ".lora_B." in name]
        others = [weight for name, weight in self.weights.items() if ".lora_B." not in name]
        if ratio == 1:
            return [{"params": list(self.weights.values()), "ratio": 1.0}]
        return [{"params": others, "ratio": 1.0}, {"params": faster, "ratio": ratio}]

    def accumulate_gradients(self) -> None:
        """Add the gradients of the model to those of the master weights, and clear those of the model."""
        sums, gradients = [], []
        for name, parameter in self.parameters.items():
            if parameter.grad is None:
                continue
            weight = self.weights[name]
            if weight.grad is None:
                weight.grad = parameter.grad.float()
            else:
                sums.append(weight.grad)
                gradients.append(parameter.grad.float())
            parameter.grad = None
        if sums:
            torch._foreach_add_(sums, gradients)

    def clear_gradients(self) -> None:
        """Clear the gradients of the master weights and of the model."""
        for tensor in (*self.weights.values(), *self.parameters.values()):
            tensor.grad = None

    def gradients(self) -> list[Tensor]:
        """Return the accumulated gradients of all weights that have one."""
        return [weight.grad for weight in self.weights.values() if weight.grad is not None]

    @torch.no_grad()
    def copy_to_model(self) -> None:
        """Copy the master weights into the model, rounded to its dtype."""
        self._copy_to_model(self.weights)

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Set the average to `decay` * average + (1 - `decay`) * weights."""
        torch._foreach_lerp_(list(self.average.values()), list(self.weights.values()), 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the model compute with the averaged weights inside the context."""
        self._copy_to_model(self.average)
        try:
            yield
        finally:
            self.copy_to_model()

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor], average: Mapping[str, Tensor]) -> None:
        """Copy `weights` and `average` (parameter name to tensor) here, and the weights into the model."""
        for name, weight in self.weights.items():
            weight.copy_(weights[name])
            self.average[name].copy_(average[name])
        self.copy_to_model()

    @torch.no_grad()
    def _copy_to_model(self, weights: Mapping[str, Tensor]) -> None:
        torch._foreach_copy_(list(self.parameters.values()), [weights[name] for name in self.parameters])
