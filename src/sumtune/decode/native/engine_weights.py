"""The weights of the native engine, made from a model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.native.extract import extract_live_weights, extract_weights
from sumtune.decode.native.smoothquant import smooth
from sumtune.decode.native.weights import ModelWeights, int8_tensors
from sumtune.kernels.build import Kernels

__all__ = ["LISTED", "OUTPUT", "EngineWeights", "live_engine_weights", "make_engine_weights"]

OUTPUT, LISTED = "output", "listed"
"""Tensor names: the output layer, and the token ids of its rows if these are not the whole vocabulary."""


@dataclass(frozen=True)
class EngineWeights:
    """All tensors that generation needs."""

    weights: ModelWeights
    """The layers, and the rows of the output layer for tokens that every summary may use."""
    embedding: Tensor
    """(vocabulary, features)."""
    output_weight: Tensor
    """(vocabulary, features), often the same as the embedding."""
    setup_s: float = 0.0
    """Seconds that it took to make the weights."""


def make_engine_weights(
    model: Any,
    kernels: Kernels,
    quantization: str,
    listed: Sequence[int] | None,
    calibration_texts: Sequence[Sequence[int]],
) -> EngineWeights:
    """Return the weights of `model`, with the rows `listed` of its output layer (None for all).

    Quantization to 8 bits measures the size of features on `calibration_texts`, the token ids of a few whole texts.

    Raises:
        UnsupportedError: the native engine does not know this kind of model.
    """
    weights, embedding, output = extract_weights(model, kernels)
    weight, tensors = _listed_rows(output, listed)
    if quantization == "int8":
        weights = smooth(weights, embedding, kernels, calibration_texts).quantized(kernels)
        tensors |= int8_tensors(kernels, OUTPUT, weight)
    else:
        tensors[f"{OUTPUT}.weight"] = weight
    return EngineWeights(ModelWeights(weights.shape, weights.tensors | tensors), embedding, output)


def live_engine_weights(model: Any, kernels: Kernels, listed: Sequence[int] | None) -> EngineWeights:
    """Return weights that compute with the layers of `model`, a model in training, with dropout off.

    Raises:
        UnsupportedError: see `make_engine_weights`.
    """
    weights, embedding, output = extract_live_weights(model, kernels)
    weight, tensors = _listed_rows(output, listed)
    whole = replace(weights, tensors=weights.tensors | tensors | {f"{OUTPUT}.weight": weight.detach()})
    return EngineWeights(whole, embedding, output.detach())


def _listed_rows(output: Tensor, listed: Sequence[int] | None) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the rows `listed` of the output layer (None for all), and their ids if these are not all."""
    if listed is None or len(listed) >= len(output):
        return output, {}
    ids = torch.tensor([token for token in listed if token < len(output)])
    return output[ids], {LISTED: ids}
