"""Float32 copies of the adapter's weights, which the optimizer moves; the model computes with rounded ones."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["MasterWeights"]


class MasterWeights:
    """Holds the learned weights in float32, whatever the model computes in.

    A bf16 weight cannot take a step smaller than 1/256 of itself; its float32 master can. Gradients of micro-batches
    are summed in float32 too.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.parameters = parameters
        self.weights = {name: parameter.detach().float().clone() for name, parameter in parameters.items()}

    def collect_gradients(self) -> None:
        """Adds the model's gradients to those of the masters and clears the model's."""
        for name, parameter in self.parameters.items():
            if parameter.grad is None:
                continue
            master = self.weights[name]
            gradient = parameter.grad.float()
            master.grad = gradient if master.grad is None else master.grad.add_(gradient)
            parameter.grad = None

    def clear_gradients(self) -> None:
        """Forgets all gradients, of masters and model."""
        for tensor in (*self.weights.values(), *self.parameters.values()):
            tensor.grad = None

    def gradients(self) -> list[Tensor]:
        """The summed gradients that are there."""
        return [master.grad for master in self.weights.values() if master.grad is not None]

    @torch.no_grad()
    def publish(self) -> None:
        """Copies the masters into the model, rounded to its dtype."""
        for name, parameter in self.parameters.items():
            parameter.copy_(self.weights[name])

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Takes over `weights` (parameter name → tensor) and publishes them."""
        for name, master in self.weights.items():
            master.copy_(weights[name])
        self.publish()
