"""The token limits that `auto` stands for: how much of a dialogue the model reads, how long its summary may be."""

from pathlib import Path
from typing import Any

from sumtune.config import ModelConfig
from sumtune.model.device_memory import available_bytes
from sumtune.model.load import is_encoder_decoder, load_config, position_limits
from sumtune.model.precision import choose_device, choose_precision

__all__ = [
    "MOST_SUMMARY_TOKENS",
    "USUAL_TOKENS",
    "context_tokens",
    "most_source_tokens",
    "most_target_tokens",
    "rounded_limit",
]

USUAL_TOKENS = 1024
"""`auto` is at least this many tokens, even if all dialogues are shorter, so that a service can read longer ones."""
FEWEST_SUMMARY_TOKENS, MOST_SUMMARY_TOKENS = 128, 512
"""Bounds of `model.max_target_tokens: auto`, which is an eighth of the positions."""
LARGE_CONTEXT = 8192
"""With more positions than this, the tokens around a dialogue are estimated; otherwise the tokenizer counts them."""
WORDS_AROUND = 512
SPARE_MEMORY = 0.1
BASE_BYTES = 10**9
"""Memory that training needs besides weights and activations."""
LAYER_WIDTHS = 64
"""Values per token in memory while one layer runs, as a multiple of the hidden size. Measured with Gemma 3 270M when
the backward pass recomputes all layers: 104 kB per token in bf16."""


def most_source_tokens(settings: ModelConfig, folder: Path) -> int:
    """Return the limit of dialogue tokens for the model in `folder`: the setting, or what context and memory allow.

    A model without a position limit, such as T5, reads `USUAL_TOKENS`, because it was trained on short texts.
    """
    if isinstance(settings.max_source_tokens, int):
        return settings.max_source_tokens
    config = load_config(folder)
    context = context_tokens(settings, config)
    if context is None:
        return USUAL_TOKENS
    if context <= USUAL_TOKENS:
        return context
    return min(context, max(USUAL_TOKENS, _tokens_in_memory(settings, config, folder)))


def most_target_tokens(settings: ModelConfig, config: Any) -> int:
    """Return the limit of summary tokens for a model with this `config`."""
    if isinstance(settings.max_target_tokens, int):
        return settings.max_target_tokens
    positions = position_limits(config).decoder
    if positions is None:
        return MOST_SUMMARY_TOKENS
    return max(FEWEST_SUMMARY_TOKENS, min(MOST_SUMMARY_TOKENS, positions // 8))


def context_tokens(settings: ModelConfig, config: Any) -> int | None:
    """Return the number of dialogue tokens that the positions of the model allow; None if there is no limit."""
    limits, both = position_limits(config), is_encoder_decoder(config)
    context = limits.encoder if both else limits.decoder
    if context is None or context <= LARGE_CONTEXT:
        return context
    return context - WORDS_AROUND - (0 if both else most_target_tokens(settings, config))


def rounded_limit(longest: int, most: int) -> int:
    """Return `longest` (tokens) rounded up to a multiple of `USUAL_TOKENS`, at most `most`.

    >>> rounded_limit(3811, 16384), rounded_limit(300, 16384), rounded_limit(24311, 16384), rounded_limit(300, 344)
    (4096, 1024, 16384, 344)
    """
    return min(most, -(-max(longest, 1) // USUAL_TOKENS) * USUAL_TOKENS)


def _tokens_in_memory(settings: ModelConfig, config: Any, folder: Path) -> int:
    """Return how many tokens fit in memory in training, rounded down to a power of two because free memory varies."""
    text = config.get_text_config()
    device = choose_device(settings.device)
    size = choose_precision(settings.precision, device).dtype.itemsize
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors")) * size / 2
    free = available_bytes(device)
    room = (1 - SPARE_MEMORY) * free - weights - BASE_BYTES
    tokens = max(1, int(room / (size * text.hidden_size * (text.num_hidden_layers + LAYER_WIDTHS))))
    return 1 << (tokens.bit_length() - 1)
