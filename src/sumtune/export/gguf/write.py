"""GGUF files: the merged model, the adapter alone, and the base model."""

from importlib.util import find_spec
from pathlib import Path

import torch

from sumtune.errors import ConfigError, ModelError
from sumtune.export.chat_template import exact_template
from sumtune.export.gguf.architecture import WAY_ON, architecture_of
from sumtune.export.gguf.file import write_gguf
from sumtune.export.gguf.lora import adapter_tensors, require_plain_lora
from sumtune.export.gguf.metadata import adapter_metadata, model_metadata
from sumtune.export.gguf.tensors import Precision, model_tensors
from sumtune.export.gguf.vocabulary import vocabulary_of
from sumtune.export.source import ExportSource
from sumtune.model.load import load_config, load_tokenizer
from sumtune.model.merge import load_merged

__all__ = ["require_gguf", "write_adapter", "write_base", "write_merged", "write_model"]


def require_gguf(source: ExportSource) -> None:
    """Check that the tuned model can be written as a GGUF file.

    Raises:
        ConfigError: the package gguf is not installed.
        ModelError: llama.cpp cannot compute this model, has no such tokenizer, or would tokenize a prompt differently.
    """
    if find_spec("gguf") is None:
        raise ConfigError("GGUF files need the package gguf: run `pip install 'sumtune[embedded]'`.")
    config = load_config(source.base.folder)
    architecture_of(config)
    tokenizer = load_tokenizer(source.base.folder)
    vocabulary_of(tokenizer, int(config.vocab_size))
    if exact_template(source.encoder, tokenizer) is None:
        raise ModelError(
            "The tokenizer of this model joins the end of a dialogue with the prompt after it, and sumtune does not. "
            "llama.cpp would therefore read other tokens than the model was tuned on. Tune with `model.prompt: chat`, "
            f"if the model has a chat template. {WAY_ON}"
        )


def write_merged(source: ExportSource, file: Path, precision: Precision) -> None:
    """Write the base model with its adapter merged into it."""
    write_model(source, source.adapter, file, precision)


def write_base(source: ExportSource, file: Path) -> None:
    """Write the base model in float16, even if the model was tuned from a smaller GGUF file.

    llama.cpp multiplies quantized weights by 8-bit activations, which harms the adapter: on a base in
    q8_0, it loses 0.02 ROUGE-1 (docs/exports.md).
    """
    write_model(source, None, file, "f16")


def write_model(source: ExportSource, adapter: Path | None, file: Path, precision: Precision) -> None:
    """Write the base model to `file`, with the adapter in the folder `adapter` merged into it if one is given."""
    config, tokenizer = load_config(source.base.folder), load_tokenizer(source.base.folder)
    architecture, vocabulary = architecture_of(config), vocabulary_of(tokenizer, int(config.vocab_size))
    metadata = model_metadata(architecture, vocabulary, tokenizer, source.encoder, source.base.name, precision)
    model = load_merged(source.base.folder, adapter, torch.float32)
    write_gguf(file, architecture.name, metadata, model_tensors(model, architecture, precision))


def write_adapter(source: ExportSource, file: Path) -> None:
    """Write the adapter alone."""
    architecture, settings = architecture_of(load_config(source.base.folder)), require_plain_lora(source.adapter)
    metadata = adapter_metadata(source.encoder, f"Adapter of {source.base.name}", settings.alpha)
    write_gguf(file, architecture.name, metadata, adapter_tensors(source.adapter, architecture))
