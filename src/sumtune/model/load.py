"""Loading of base models, configurations and tokenizers from a local folder."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open

from sumtune.errors import ModelError
from sumtune.model.quantization import keep_differentiable, quantization
from sumtune.model.quiet import quieten_transformers
from sumtune.text.position_limits import PositionLimits

__all__ = ["is_encoder_decoder", "load_base", "load_config", "load_tokenizer", "position_limits", "sliding_window"]

CACHED_CONFIGS = 8
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")


def load_config(folder: Path) -> Any:
    """Return the Hugging Face configuration of the model in `folder`.

    Raises:
        ModelError: the configuration cannot be read without running code of the model.
    """
    file = folder / "config.json"
    try:
        return deepcopy(_parsed_config(folder, file.read_bytes() if file.is_file() else b""))
    except Exception as error:  # malformed files make transformers raise anything
        raise _unreadable("configuration", folder, error) from error


@lru_cache(CACHED_CONFIGS)
def _parsed_config(folder: Path, _content: bytes) -> Any:
    """Return the configuration in `folder`; every command asks for it several times, and transformers is slow."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder, trust_remote_code=False)


def is_encoder_decoder(config: Any) -> bool:
    """Return True for T5, BART and Pegasus; False for Gemma, Llama, Qwen and GPT-2."""
    return bool(config.is_encoder_decoder)


def sliding_window(config: Any) -> int | None:
    """Return the window of sliding attention in tokens, or None if all layers attend to everything."""
    layers = getattr(config, "layer_types", None)
    if getattr(config, "use_sliding_window", True) is False or (layers and "sliding_attention" not in layers):
        return None
    window = getattr(config, "sliding_window", None)
    return None if window is None else int(window)


def position_limits(config: Any) -> PositionLimits:
    """Return the number of positions of the model's encoder and decoder.

    Learned position embeddings end there. Rotary ones do not, but the model was never trained beyond that limit.
    """
    if not is_encoder_decoder(config):
        return PositionLimits(decoder=_position_limit(config, "decoder"))
    return PositionLimits(_position_limit(config, "encoder"), _position_limit(config, "decoder"))


def _position_limit(config: Any, side: str) -> int | None:
    """Return the limit of `side`, or None. LED and T5Gemma have one per side; XLNet uses -1 for no limit."""
    part = getattr(config, side, None) or config
    names = (f"max_{side}_position_embeddings", "max_position_embeddings")
    limit = next((found for name in names if (found := getattr(part.get_text_config(), name, None))), None)
    return limit if isinstance(limit, int) and limit > 0 else None


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer in `folder`.

    Raises:
        ModelError: there is no tokenizer, or it cannot be read without running code of the model.
    """
    from transformers import AutoTokenizer

    if not any((folder / name).exists() for name in TOKENIZER_FILES):
        raise ModelError(f"{folder} has no tokenizer: expected one of {', '.join(TOKENIZER_FILES)}.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tokenizer.decode(tokenizer("Ann: Hi").input_ids)  # fails here if some settings are invalid
    except Exception as error:
        raise _unreadable("tokenizer", folder, error) from error
    return tokenizer


def load_base(
    folder: Path, dtype: torch.dtype | None, device: torch.device | str = "cpu", quantize: Literal["nf4"] | None = None
) -> Any:
    """Return the base model in `folder`, frozen and in evaluation mode.

    If `dtype` is None, the model keeps the dtype of its configuration or, if that names none, of its weights. With
    `quantize`, linear layers except the output layer hold 4-bit weights and compute in `dtype`.

    Raises:
        ModelError: the weights cannot be read or are incomplete, or the architecture cannot generate text.
        ConfigError: `quantize` needs a package that is not installed.
    """
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    quieten_transformers()
    config = load_config(folder)
    _require_layers(config, folder)
    family = AutoModelForSeq2SeqLM if is_encoder_decoder(config) else AutoModelForCausalLM
    options = quantization(dtype or torch.float32, device) if quantize else {}
    model, info = _read_model(family, folder, dtype or "auto", config, options)
    if missing := sorted(info["missing_keys"]):
        raise ModelError(f"The weights in {folder} lack {len(missing)} tensors, for example {missing[0]}.")
    if quantize:
        keep_differentiable(model)
    else:
        model = model.to(device)
    return model.eval().requires_grad_(False)


def _read_model(family: Any, folder: Path, dtype: Any, config: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """Return the model of the auto class `family` in `folder` and what transformers says about its weights."""
    try:
        model, info = family.from_pretrained(
            folder, config=config, dtype=dtype, use_safetensors=True, trust_remote_code=False,
            output_loading_info=True, **options,
        )  # fmt: skip
    except Exception as error:
        raise _unreadable("model", folder, error) from error
    return model, info


def _require_layers(config: Any, folder: Path) -> None:
    """Raise ModelError if the configuration has more layers than tensors exist, before it allocates them all."""
    layers = getattr(config.get_text_config(), "num_hidden_layers", None)
    tensors = sum(len(_tensor_names(file)) for file in folder.glob("*.safetensors"))
    if isinstance(layers, int) and layers > tensors:
        raise ModelError(
            f"The configuration in {folder} has {layers} layers, but the weights have only {tensors} tensors."
        )


def _tensor_names(file: Path) -> list[str]:
    try:
        with safe_open(file, "pt") as opened:
            return list(opened.keys())
    except (OSError, SafetensorError) as error:
        raise _unreadable("model", file, error) from error


def _unreadable(what: str, folder: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:300]
    return ModelError(f"Cannot read the {what} in {folder}: {reason}")
