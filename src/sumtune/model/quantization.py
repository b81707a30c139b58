"""Frozen weights in 4 bits while an adapter trains on them (QLoRA), computed by bitsandbytes."""

import logging
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch

from sumtune.errors import ConfigError
from sumtune.model.peft_import import use_bitsandbytes

__all__ = ["keep_differentiable", "quantization"]


def quantization(dtype: torch.dtype, device: torch.device | str) -> dict[str, Any]:
    """Return the options of `from_pretrained` that load a model in NF4 onto `device`.

    The block scales are quantized, too; products are computed in `dtype` (Dettmers et al. 2023,
    https://arxiv.org/abs/2305.14314, section 3). The output layer keeps its precision.

    Raises:
        ConfigError: bitsandbytes is not installed.
    """
    if find_spec("bitsandbytes") is None:
        raise ConfigError("model.quantize needs bitsandbytes: run `pip install 'sumtune[quantize]'`.")
    _import_without_download()
    use_bitsandbytes()
    from transformers import BitsAndBytesConfig

    settings = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    return {"quantization_config": settings, "device_map": {"": torch.device(device)}}


def _import_without_download() -> None:
    """Import bitsandbytes; on some CPUs it would download compiled code from the hub with the package `kernels`."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    kernels = sys.modules.get("kernels")
    sys.modules["kernels"] = None  # type: ignore[assignment]
    try:
        import_module("bitsandbytes")
    finally:
        if kernels is None:
            del sys.modules["kernels"]
        else:
            sys.modules["kernels"] = kernels


def keep_differentiable(model: Any) -> None:
    """Keep bitsandbytes from packing weights on a CPU into a format that has no backward pass.

    It packs them in evaluation mode, and the frozen layers are in evaluation mode.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
