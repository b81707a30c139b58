"""The metadata of a GGUF file: hyperparameters, vocabulary, end marks, prompt, and greedy search."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sumtune.errors import ModelError
from sumtune.export.chat_template import chat_template
from sumtune.export.gguf.architecture import WAY_ON, Architecture
from sumtune.export.gguf.file import Value
from sumtune.export.gguf.vocabulary import Vocabulary
from sumtune.text.encode import Encoder

__all__ = ["adapter_metadata", "model_metadata"]


FILE_TYPES = {"f16": 1, "q8_0": 7}
"""`LlamaFileType` of the package gguf."""
GREEDY: Mapping[str, Value] = {
    "general.sampling.temp": 0.0, "general.sampling.top_k": 1, "general.sampling.penalty_repeat": 1.0,
}  # fmt: skip
"""Search settings that programs take from the file unless the user sets others."""


def model_metadata(
    architecture: Architecture, vocabulary: Vocabulary, tokenizer: Any, encoder: Encoder, name: str, precision: str
) -> dict[str, Value]:
    """Return the metadata of a model by GGUF key. `tokenizer` is the Hugging Face tokenizer of the model."""
    return {
        "general.type": "model",
        "general.name": name,
        "general.file_type": FILE_TYPES[precision],
        "general.quantization_version": 2,
        **{f"{architecture.name}.{key}": value for key, value in architecture.values.items()},
        **_vocabulary(vocabulary),
        **_marks(tokenizer, encoder),
        **GREEDY,
        **_prompt(encoder),
    }


def adapter_metadata(encoder: Encoder, name: str, alpha: float) -> dict[str, Value]:
    """Return the metadata of a LoRA adapter by GGUF key."""
    return {
        "general.type": "adapter",
        "general.name": name,
        "adapter.type": "lora",
        "adapter.lora.alpha": alpha,
        **_prompt(encoder),
    }


def _vocabulary(vocabulary: Vocabulary) -> dict[str, Value]:
    lists: dict[str, Value] = {"scores": vocabulary.scores, "merges": vocabulary.merges}
    return {
        "tokenizer.ggml.model": vocabulary.kind,
        "tokenizer.ggml.pre": vocabulary.split,
        "tokenizer.ggml.tokens": vocabulary.tokens,
        "tokenizer.ggml.token_type": vocabulary.types,
        **{f"tokenizer.ggml.{key}": values for key, values in lists.items() if values},
        "tokenizer.ggml.add_space_prefix": vocabulary.adds_space,
    }


def _marks(tokenizer: Any, encoder: Encoder) -> dict[str, Value]:
    """Return the ids of the special tokens: start, end, unknown and padding.

    A summary ends at `eos` and, if the training used another end mark, at `eot`.
    """
    if encoder.head not in ([], [tokenizer.bos_token_id]):
        raise ModelError(
            f"The tokenizer begins a text with more than one start token, which llama.cpp cannot. {WAY_ON}"
        )
    end = encoder.end_ids[0]
    ids = {
        "bos": tokenizer.bos_token_id,
        "eos": tokenizer.eos_token_id,
        "eot": end if end != tokenizer.eos_token_id else None,
        "unknown": getattr(tokenizer, "unk_token_id", None),
        "padding": tokenizer.pad_token_id,
    }
    return {
        **{f"tokenizer.ggml.{key}_token_id": int(one) for key, one in ids.items() if one is not None},
        "tokenizer.ggml.add_bos_token": bool(encoder.head),
        "tokenizer.ggml.add_eos_token": False,
    }


def _prompt(encoder: Encoder) -> dict[str, Value]:
    """Return the prompt as a chat template, which programs apply, and as the content of `prompt.json`."""
    return {
        "tokenizer.chat_template": chat_template(encoder),
        "sumtune.prompt": json.dumps(asdict(encoder.prompt), ensure_ascii=False),
    }
