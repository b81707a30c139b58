"""Linear layers in 8-bit integers."""

import torch
from torch import Tensor, nn

from sumtune.kernels.build import Kernels
from sumtune.kernels.int8 import Int8Matrix

__all__ = ["Int8Linear", "quantize_linears"]


class Int8Linear(nn.Module):
    """A frozen `nn.Linear` whose weight has one scale a row; inputs are quantized row by row when they come."""

    def __init__(self, linear: nn.Linear, kernels: Kernels, out_dtype: torch.dtype) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self._matrix = Int8Matrix.quantized(kernels, linear.weight)
        self._bias = None if linear.bias is None else linear.bias.detach().to(out_dtype)
        self._out_dtype = out_dtype

    def forward(self, x: Tensor) -> Tensor:
        """(…, in_features) → (…, out_features)."""
        out = self._matrix.product(x.reshape(-1, self.in_features).contiguous(), self._out_dtype)
        return (out if self._bias is None else out + self._bias).view(*x.shape[:-1], self.out_features)


def quantize_linears(module: nn.Module, kernels: Kernels, dtype: torch.dtype) -> None:
    """Puts an `Int8Linear` in place of each linear layer inside `module`."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear):
            setattr(module, name, Int8Linear(child, kernels, dtype))
        else:
            quantize_linears(child, kernels, dtype)
