"""Float32 copies of the adapter's weights, which the optimizer moves, and their running average."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["MasterWeights"]


class MasterWeights:
    """Holds the learned weights in float32, whatever the model computes in.

    A bf16 weight cannot take a step smaller than 1/256 of itself; its float32 master can. Gradients of micro-batches
    are summed in float32 too. `average` is a running mean of the weights (Polyak and Juditsky 1992,
    https://doi.org/10.1137/0330046): it lies deeper in the valley between whose walls the weights step to and fro.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.parameters = parameters
        self.weights = {name: parameter.detach().float().clone() for name, parameter in parameters.items()}
        self.average = {name: weight.clone() for name, weight in self.weights.items()}

    def accumulate_gradients(self) -> None:
        """Adds the model's gradients to those of the master_weights and clears the model's."""
        for name, parameter in self.parameters.items():
            if parameter.grad is None:
                continue
            master = self.weights[name]
            gradient = parameter.grad.float()
            master.grad = gradient if master.grad is None else master.grad.add_(gradient)
            parameter.grad = None

    def clear_gradients(self) -> None:
        """Forgets all gradients, of master_weights and model."""
        for tensor in (*self.weights.values(), *self.parameters.values()):
            tensor.grad = None

    def gradients(self) -> list[Tensor]:
        """The summed gradients that are there."""
        return [master.grad for master in self.weights.values() if master.grad is not None]

    @torch.no_grad()
    def copy_to_model(self) -> None:
        """Copies the master_weights into the model, rounded to its dtype."""
        self._copy_to_model(self.weights)

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Moves the average to `decay` × average + (1 - decay) × weights."""
        for name, weight in self.weights.items():
            self.average[name].lerp_(weight, 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The model computes with the averaged weights for as long as the context lasts."""
        self._copy_to_model(self.average)
        try:
            yield
        finally:
            self.copy_to_model()

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor], average: Mapping[str, Tensor]) -> None:
        """Takes over weights and average (parameter name → tensor) and publishes the weights."""
        for name, master in self.weights.items():
            master.copy_(weights[name])
            self.average[name].copy_(average[name])
        self.copy_to_model()

    @torch.no_grad()
    def _copy_to_model(self, weights: Mapping[str, Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(weights[name])
