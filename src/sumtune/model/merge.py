"""Merged models on disk, as plain Hugging Face folders that every tool reads."""

import json
from pathlib import Path
from typing import Any

import torch

from sumtune.model.load import load_base, load_tokenizer
from sumtune.model.lora import load_adapter, merge

__all__ = ["load_merged", "save_model"]


def load_merged(base_folder: Path, adapter_folder: Path | None, dtype: torch.dtype, device: Any = "cpu") -> Any:
    """The base model, with the adapter merged into it where one is given; merging happens in float32."""
    if adapter_folder is None:
        return load_base(base_folder, dtype, device)
    merged = merge(load_adapter(load_base(base_folder, None), adapter_folder), dtype)
    return merged.to(device, dtype).eval().requires_grad_(False)


def save_model(model: Any, base_folder: Path, folder: Path) -> None:
    """Writes `model` with the tokenizer of its base as safetensors; `folder` must not exist."""
    model.save_pretrained(folder)
    load_tokenizer(base_folder).save_pretrained(folder)
    _drop_unsavable_names(folder)


def _drop_unsavable_names(folder: Path) -> None:
    """Takes the path of the base model out of the saved configuration, which other machines do not have."""
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    if config.pop("_name_or_path", None) is not None:
        file.write_text(json.dumps(config, indent=2), encoding="utf-8")
