"""A LoRA adapter as a GGUF file, for `--lora` of llama.cpp on the base model."""

from collections.abc import Iterator
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file

from sumtune.errors import ModelError
from sumtune.export.gguf.architecture import Architecture
from sumtune.export.gguf.file import Tensor
from sumtune.export.gguf.tensors import gguf_names, stored
from sumtune.model.adapter_files import CONFIG, WEIGHTS
from sumtune.model.lora_settings import LoraSettings, read_lora_settings

__all__ = ["adapter_tensors", "require_plain_lora"]

PREFIX, A, B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
OUTPUT = "lm_head"


def require_plain_lora(adapter: Path) -> LoraSettings:
    """Return the LoRA settings of an adapter that llama.cpp can add to a base model.

    Raises:
        ModelError: the adapter uses DoRA, or its settings cannot be read.
    """
    settings = read_lora_settings(adapter / CONFIG)
    if settings.use_dora:
        raise ModelError("llama.cpp cannot add a DoRA adapter to a model: export the merged model with `--to gguf`.")
    return settings


def adapter_tensors(adapter: Path, architecture: Architecture) -> Iterator[Tensor]:
    """Yield A and B of every adapted weight in float32.

    llama.cpp scales all products by alpha divided by their rank. Where the settings say otherwise, B makes up for it.

    Raises:
        ModelError: llama.cpp has no tensor for a weight.
    """
    settings, weights, name_of = require_plain_lora(adapter), load_file(adapter / WEIGHTS), gguf_names(architecture)
    for name in sorted(key for key in weights if key.endswith(A)):
        path = name.removeprefix(PREFIX).removesuffix(A)
        if path == OUTPUT:
            raise ModelError("llama.cpp cannot add an adapter of the output layer: export the merged model with "
                             "`--to gguf`.")  # fmt: skip
        weight, first, second = f"{path}.weight", weights[name].float(), weights[f"{PREFIX}{path}{B}"].float()
        make_up = np.float32(scale(settings, path) * settings.rank_of(path) / settings.alpha)
        yield Tensor(f"{name_of(weight)}.lora_a", tuple(first.shape), "F32", first.numpy)
        yield Tensor(f"{name_of(weight)}.lora_b", tuple(second.shape), "F32",
                     partial(_second, weight, second.numpy(), make_up, architecture))  # fmt: skip


def _second(
    weight: str, values: NDArray[np.float32], make_up: np.float32, architecture: Architecture
) -> NDArray[np.float32]:
    """Return B, whose rows are the rows of the adapted weight."""
    return stored(weight, values * make_up, architecture)


def scale(settings: LoraSettings, path: str) -> float:
    """Return the factor by which PEFT multiplies B·A of the module at `path`."""
    rank, alpha = settings.rank_of(path), settings.alpha_of(path)
    return alpha / sqrt(rank) if settings.use_rslora else alpha / rank
