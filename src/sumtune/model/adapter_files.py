"""The files of an adapter folder, checked before a model is built from what they say."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from sumtune.errors import ModelError

__all__ = ["CONFIG", "SETTINGS", "WEIGHTS", "adapter_sums", "check_adapter"]

WEIGHTS, CONFIG, SETTINGS = "adapter_model.safetensors", "adapter_config.json", "sumtune.json"
MAX_CONFIG_BYTES = 1 << 20
SUMS = "sha256"


def adapter_sums(folder: Path) -> dict[str, dict[str, str]]:
    """What `sumtune.json` says of the other files: the SHA-256 of each by name."""
    return {SUMS: {name: sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, CONFIG)}}


def check_adapter(folder: Path) -> list[str]:
    """The keys of all tensors of the LoRA adapter in `folder`.

    Raises:
        ModelError: a file is missing, unreadable, too large, or not what was written after training; or a tensor has
            not the rank that the configuration says.
    """
    if not (folder / WEIGHTS).is_file() or not (folder / CONFIG).is_file():
        raise ModelError(f"{folder} holds no adapter: expected {WEIGHTS} and {CONFIG} in it.")
    _check_sums(folder)
    config = _json_of(folder / CONFIG)
    if config.get("peft_type") != "LORA":
        raise ModelError(f"The adapter in {folder} is of the type {config.get('peft_type')!r}, expected 'LORA'.")
    try:
        with safe_open(folder / WEIGHTS, "pt") as opened:
            shapes = {key: opened.get_slice(key).get_shape() for key in opened.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(f"Cannot read {folder / WEIGHTS}: {error}.") from error
    ranks = {config.get("r"), *(config.get("rank_pattern") or {}).values()}
    for key, shape in shapes.items():
        if ".lora_A." in key and shape[0] not in ranks:
            raise ModelError(f"The adapter in {folder} has rank {shape[0]} in {key!r}, and {config.get('r')!r} in "
                             f"{CONFIG}.")  # fmt: skip
    return list(shapes)


def _check_sums(folder: Path) -> None:
    """Of adapters that sumtune made; those of other tools have no sums."""
    if not (folder / SETTINGS).is_file():
        return
    for name, wanted in _json_of(folder / SETTINGS).get(SUMS, {}).items():
        if name in (WEIGHTS, CONFIG) and sha256((folder / name).read_bytes()).hexdigest() != wanted:
            raise ModelError(
                f"{folder / name} is not the file that training wrote (its sha256 differs): copy the folder again, or "
                f"train again."
            )


def _json_of(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_CONFIG_BYTES:
            raise ModelError(f"{file} is larger than {MAX_CONFIG_BYTES >> 20} MB.")
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"Cannot read {file}: {error}.") from error
    if not isinstance(content, dict):
        raise ModelError(f"Cannot read {file}: expected an object.")
    return content
