"""SmoothQuant: move large activations into the weights before both are quantized to 8 bits.

A few features of a language model are many times larger than the others. With one scale per token, the other features
get only a few of the 255 steps. Dividing each feature by a factor and multiplying the weights that read it by the same
factor changes no result (Xiao et al. 2023, https://arxiv.org/abs/2211.10438, equations 3 and 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.weights import LayerShape, Linear, ModelWeights
from sumtune.kernels.build import Kernels

__all__ = ["smooth"]

STRENGTH = 0.5
"""Share of the difference that moves from activations into weights: 0 is none, 1 is all."""
SMALLEST = 1e-5
"""Lower bound of largest absolute values; it avoids division by 0 for features that are always 0."""
READ_TOGETHER = ("query", "key", "value"), ("gate", "up")
"""Matrices that read the output of the same norm, in the order of `NORMS`."""
NORMS = "before_attention", "before_mlp"


def smooth(
    weights: ModelWeights, embedding: Tensor, kernels: Kernels, calibration_texts: Sequence[Sequence[int]]
) -> ModelWeights:
    """Return weights with the same outputs as `weights`, but with features that differ less in magnitude.

    The matrices are float32. `calibration_texts` are token ids of whole texts, like those that the model will read and
    write. They show how large features become.
    """
    recording = _RecordingWeights(weights.shape, weights.tensors)
    decoder = Decoder(recording, embedding, kernels)
    for ids in calibration_texts:
        cache = decoder.new_cache(torch.tensor([len(ids)]), beams=1, limit=0)
        decoder.read(cache, torch.tensor([ids]))
    tensors = dict(weights.tensors)
    for number, layer in enumerate(weights.shape.layers):
        _smooth_layer(tensors, f"layers.{number}.", layer, recording.largest)
    return ModelWeights(weights.shape, tensors)


@dataclass(frozen=True)
class _RecordingWeights(ModelWeights):
    """Weights whose products record the largest absolute value of each feature that they read."""

    largest: dict[str, Tensor] = field(default_factory=dict)
    """(columns,) float32 for each matrix name."""

    def product(self, kernels: Kernels, name: str, rows: int, columns: int, dtype: torch.dtype) -> Linear:
        plain = super().product(kernels, name, rows, columns, dtype)

        def multiply(x: Tensor) -> Tensor:
            now = x.abs().amax(0).float()
            self.largest[name] = torch.maximum(self.largest.get(name, now), now)
            return plain.multiply(x)

        return Linear(multiply, plain.bias)


def _smooth_layer(tensors: dict[str, Tensor], at: str, layer: LayerShape, largest: dict[str, Tensor]) -> None:
    for norm, names in zip(NORMS, READ_TOGETHER, strict=True):
        factors = _factors(largest[f"{at}{names[0]}"], [tensors[f"{at}{name}.weight"] for name in names])
        tensors[f"{at}{norm}"] = tensors[f"{at}{norm}"] / factors
        for name in names:
            _scale_columns(tensors, f"{at}{name}", factors)
    down = _factors(largest[f"{at}down"], [tensors[f"{at}down.weight"]])
    _scale_rows(tensors, f"{at}up", 1 / down)
    _scale_columns(tensors, f"{at}down", down)
    # Query heads that share a value head read the same features.
    shared = (layer.keys, layer.queries // layer.keys, layer.dim)
    seen = largest[f"{at}attention_output"].view(shared).amax(1)
    weight = tensors[f"{at}attention_output.weight"]
    reading = weight.view(len(weight), *shared).abs().amax(2).reshape(len(weight), -1)
    values = _factors(seen.flatten(), [reading])
    _scale_rows(tensors, f"{at}value", 1 / values)
    _scale_columns(tensors, f"{at}attention_output", values.view(layer.keys, 1, -1).expand(shared).flatten())


def _factors(largest: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Return the divisors (columns,) of activations; `weights` (rows, columns) must be multiplied by them."""
    reading = torch.stack([weight.abs().amax(0).float() for weight in weights]).amax(0)
    return largest.clamp_min(SMALLEST) ** STRENGTH / reading.clamp_min(SMALLEST) ** (1 - STRENGTH)


def _scale_columns(tensors: dict[str, Tensor], name: str, factors: Tensor) -> None:
    tensors[f"{name}.weight"] = tensors[f"{name}.weight"].float() * factors


def _scale_rows(tensors: dict[str, Tensor], name: str, factors: Tensor) -> None:
    tensors[f"{name}.weight"] = tensors[f"{name}.weight"].float() * factors[:, None]
    if (bias := tensors.get(f"{name}.bias")) is not None:
        tensors[f"{name}.bias"] = (bias.float() * factors).to(bias.dtype)
