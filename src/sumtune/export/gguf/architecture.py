"""The architectures that llama.cpp and we both know, and their hyperparameters as GGUF keys.

Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sumtune.errors import ModelError
from sumtune.export.gguf.file import Value
from sumtune.model.load import is_encoder_decoder, sliding_window

__all__ = ["Architecture", "architecture_of"]

NAMES = {"gemma3_text": "gemma3", "llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}
"""Name in llama.cpp by `model_type` of Hugging Face."""
FULL_EVERY = 6
"""Unless told otherwise, llama.cpp takes every sixth layer of Gemma 3 as one with full attention."""
ROPE_TYPES = ("default", "linear", "llama3")
WAY_ON = "Export it with `--to merged`, which keeps every architecture."


@dataclass(frozen=True)
class Architecture:
    """An architecture of llama.cpp and the hyperparameters of one model."""

    name: str
    values: Mapping[str, Value]
    """Values by GGUF key, without the name of the architecture in front."""
    heads: int
    key_heads: int
    layers: int
    rope_factors: tuple[float, ...] = field(default=())
    """Divisors of the rotary frequencies (Llama 3); empty if there are none."""

    @property
    def interleaves(self) -> bool:
        """Whether llama.cpp rotates neighbouring numbers, so that the query and key weights must be reordered."""
        return self.name == "llama"

    @property
    def norm_shift(self) -> float:
        """What llama.cpp expects to be added to norm weights: Gemma multiplies by one plus the weight."""
        return 1.0 if self.name == "gemma3" else 0.0


def architecture_of(config: Any) -> Architecture:
    """Return the architecture of the Hugging Face configuration `config`.

    Raises:
        ModelError: llama.cpp cannot compute this model, or we do not know how to describe it.
    """
    if is_encoder_decoder(config):
        raise ModelError(f"GGUF is for decoder-only models, and {config.model_type!r} is an encoder–decoder. {WAY_ON}")
    if (name := NAMES.get(config.model_type)) is None:
        known = ", ".join(sorted(NAMES))
        raise ModelError(f"sumtune writes GGUF files of {known}, not of {config.model_type!r}. {WAY_ON}")
    head_size = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
    key_heads = int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)
    rope = _rope(config)
    values: dict[str, Value] = {
        "context_length": int(config.max_position_embeddings),
        "embedding_length": int(config.hidden_size),
        "block_count": int(config.num_hidden_layers),
        "feed_forward_length": int(config.intermediate_size),
        "attention.head_count": int(config.num_attention_heads),
        "attention.head_count_kv": key_heads,
        "attention.key_length": head_size,
        "attention.value_length": head_size,
        "attention.layer_norm_rms_epsilon": float(config.rms_norm_eps),
        "rope.dimension_count": head_size,
        "rope.freq_base": float(rope["rope_theta"]),
        "vocab_size": int(config.vocab_size),
    }
    if rope.get("rope_type") == "linear":
        values |= {"rope.scaling.type": "linear", "rope.scaling.factor": float(rope["factor"])}
    values |= _gemma_values(config, head_size) if name == "gemma3" else _require_full_attention(config)
    return Architecture(
        name, values, int(config.num_attention_heads), key_heads, int(config.num_hidden_layers),
        _llama3_factors(rope, head_size),
    )  # fmt: skip


def _rope(config: Any) -> Mapping[str, Any]:
    """Return the rotary settings of the layers with full attention."""
    rope: Mapping[str, Any] = config.rope_parameters
    rope = rope.get("full_attention", rope)
    kind = rope.get("rope_type", "default")
    if kind not in ROPE_TYPES or rope.get("partial_rotary_factor", 1.0) != 1.0:
        raise ModelError(f"sumtune cannot write rotary positions of the type {kind!r} to a GGUF file. {WAY_ON}")
    if kind == "llama3" and NAMES[config.model_type] != "llama":
        raise ModelError(f"llama.cpp has no Llama 3 positions for {config.model_type!r}. {WAY_ON}")
    return rope


def _gemma_values(config: Any, head_size: int) -> dict[str, Value]:
    """Return what only Gemma 3 has: local attention with its own rotary base."""
    softcaps = (config.attn_logit_softcapping, config.final_logit_softcapping)
    if float(config.query_pre_attn_scalar) != head_size or any(softcaps):
        raise ModelError(f"llama.cpp computes the attention of Gemma 3 in another way than this model. {WAY_ON}")
    local = [kind == "sliding_attention" for kind in config.layer_types]
    usual = [at % FULL_EVERY < FULL_EVERY - 1 for at in range(len(local))]
    return {
        "attention.sliding_window": int(config.sliding_window),
        "rope.freq_base_swa": float(config.rope_parameters["sliding_attention"]["rope_theta"]),
        **({} if local == usual else {"attention.sliding_window_pattern": local}),
    }


def _require_full_attention(config: Any) -> dict[str, Value]:
    if sliding_window(config) is not None:
        raise ModelError(f"llama.cpp ignores the attention window of {config.model_type!r}. {WAY_ON}")
    return {}


def _llama3_factors(rope: Mapping[str, Any], head_size: int) -> tuple[float, ...]:
    """Return by how much Llama 3.1 slows each rotary frequency: not at all, by `factor`, or in between.

    Source: `_compute_llama3_parameters` of transformers, of which this is the ratio to the default.
    """
    if rope.get("rope_type") != "llama3":
        return ()
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    config = LlamaConfig(hidden_size=head_size, num_attention_heads=1, head_dim=head_size, rope_parameters=dict(rope))
    slowed, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    return tuple((float(rope["rope_theta"]) ** (-2 * at / head_size)) / float(one) for at, one in enumerate(slowed))
