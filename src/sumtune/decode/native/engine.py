"""What the native engine computes with, made from a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.native.extract import extract_weights
from sumtune.decode.native.smoothquant import smooth
from sumtune.decode.native.weights import ModelWeights, int8_tensors
from sumtune.kernels.build import Kernels

__all__ = ["LISTED", "OUTPUT", "EngineWeights", "make_engine_weights"]

OUTPUT, LISTED = "output", "listed"
"""Names of tensors: the output layer, and the token ids of its rows where these are not the whole vocabulary."""


@dataclass(frozen=True)
class EngineWeights:
    """What generation computes with."""

    weights: ModelWeights
    """Layers, and the part of the output layer that all dialogues use."""
    embedding: Tensor
    """(vocabulary, features)."""
    output_weight: Tensor
    """(vocabulary, features), often the same as the embedding."""
    setup_s: float = 0.0
    """Seconds that making it took."""


def make_engine_weights(
    model: Any, kernels: Kernels, quantization: str, listed: Sequence[int] | None, texts: Sequence[Sequence[int]]
) -> EngineWeights:
    """The engine of `model`; of its output layer the tokens `listed`, or all.

    `texts` are token ids of a few whole texts, for 8 bits: how large features become is looked up in them.

    Raises:
        UnsupportedError: the model is put together in a way that these kernels do not know.
    """
    weights, embedding, output = extract_weights(model, kernels)
    weight, tensors = output, {}
    if listed is not None and len(listed) < len(output):
        tensors[LISTED] = torch.tensor([token for token in listed if token < len(output)])
        weight = output[tensors[LISTED]]
    if quantization == "int8":
        weights = smooth(weights, embedding, kernels, texts).quantized(kernels)
        tensors |= int8_tensors(kernels, OUTPUT, weight)
    else:
        tensors[f"{OUTPUT}.weight"] = weight
    return EngineWeights(ModelWeights(weights.shape, weights.tensors | tensors), embedding, output)
