"""Merged models: base model plus adapter, saved as a plain Hugging Face folder that every tool can read."""

import json
from pathlib import Path
from typing import Any

import torch

from sumtune.model.load import load_base, load_tokenizer
from sumtune.model.lora import load_adapter, merge
from sumtune.model.quiet import quieten_transformers

__all__ = ["load_merged", "save_model"]


def load_merged(base_folder: Path, adapter_folder: Path | None, dtype: torch.dtype, device: Any = "cpu") -> Any:
    """Return the base model in `dtype`, with the adapter (if any) merged into it in float32.

    Raises:
        ModelError: model or adapter cannot be read, or they do not fit each other.
    """
    if adapter_folder is None:
        return load_base(base_folder, dtype, device)
    merged = merge(load_adapter(load_base(base_folder, None), adapter_folder), dtype)
    return merged.to(device, dtype).eval().requires_grad_(False)


def save_model(model: Any, base_folder: Path, folder: Path) -> None:
    """Write `model` as safetensors, with the tokenizer of its base model, into the new folder `folder`."""
    quieten_transformers()
    model.save_pretrained(folder)
    load_tokenizer(base_folder).save_pretrained(folder)
    _remove_local_path(folder)


def _remove_local_path(folder: Path) -> None:
    """Remove the local path of the base model from config.json."""
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    if config.pop("_name_or_path", None) is not None:
        file.write_text(json.dumps(config, indent=2), encoding="utf-8")
