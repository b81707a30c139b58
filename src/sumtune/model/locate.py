"""Resolution of a model name (`embedded`, folder, GGUF file or hub id) to a local model folder."""

import json
from dataclasses import dataclass
from pathlib import Path

from sumtune.errors import ModelError
from sumtune.files.cache import identity_of
from sumtune.model import gguf_convert

__all__ = ["EMBEDDED", "LocalModel", "find_local", "is_hub_id", "locate"]

EMBEDDED = "embedded"
SUFFIXES = {".safetensors", ".json"}
MAX_INDEX_BYTES = 64 << 20
MAX_CONFIG_BYTES = 16 << 20
QUANTIZED = ("quantization_config", "compression_config", "quantization")
"""Keys in config.json of quantized models: GPTQ, AWQ, bitsandbytes and others; compressed-tensors; MLX."""


@dataclass(frozen=True)
class LocalModel:
    """A base model on the local disk."""

    folder: Path
    """Folder with config.json, safetensors and tokenizer."""
    name: str
    """Name to show to users."""

    @property
    def identity(self) -> object:
        """A value (for JSON or repr) that changes when weights, settings or tokenizer change."""
        return identity_of(self.folder, SUFFIXES)


def locate(name: str, revision: str | None = None) -> LocalModel:
    """Return the local folder of the base model `name`; convert a GGUF file or download from the hub if necessary.

    Raises:
        ModelError: the model does not exist, is quantized, has no safetensors weights, or cannot be downloaded.
    """
    path = _path(name)
    if name == EMBEDDED:
        return LocalModel(gguf_convert.embedded_folder(), "Gemma 3 270M (embedded)")
    if path.suffix == ".gguf":
        return LocalModel(gguf_convert.converted_folder(path), path.name)
    if path.is_dir():
        return LocalModel(_require_safetensors(path), name)
    if path.exists() or not is_hub_id(name):
        raise _no_model(name)
    return LocalModel(_require_safetensors(_download(name, revision)), name)


def find_local(name: str, revision: str | None = None) -> Path | None:
    """Return the folder of the base model if it is on this machine. Converts and downloads nothing."""
    if name == EMBEDDED:
        return gguf_convert.find_embedded()
    path = Path(name)
    if path.suffix == ".gguf":
        return gguf_convert.find_converted(path)
    if path.is_dir():
        return path
    if not is_hub_id(name):
        return None
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(config).parent if isinstance(config, str) else None


def is_hub_id(name: str) -> bool:
    """Return whether `name` is a Hugging Face id if it is no path.

    >>> is_hub_id("google/flan-t5-small"), is_hub_id("./models/mine"), is_hub_id("embedded")
    (True, False, False)
    """
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))


def _path(name: str) -> Path:
    """Return `name` as a path; raise ModelError if it cannot be one (NUL, unpaired surrogate, too long)."""
    try:
        Path(name).stat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        raise _no_model(name) from None
    return Path(name)


def _no_model(name: str) -> ModelError:
    return ModelError(
        f"There is no model at {name[:500]!r}: give `embedded`, a folder with config.json and safetensors weights, "
        "a .gguf file, or a Hugging Face id such as google/flan-t5-small."
    )


def _require_safetensors(folder: Path) -> Path:
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} is not a model folder: it has no config.json.")
    _require_inside(folder)
    _require_unquantized(folder / "config.json", str(folder))
    if any(folder.glob("*.safetensors")):
        return folder
    other = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for file in folder.glob(pattern))
    found = f"it has only {', '.join(other)}, and pickle files can run code when they are read" if other else "none"
    raise ModelError(f"{folder} has no safetensors weights ({found}). Convert the model with `save_pretrained` first.")


def _require_inside(folder: Path) -> None:
    """Raise ModelError if a file of the model, or one named in its index, lies outside the folder.

    Links from `snapshots/<revision>/` to `blobs/` are allowed: the hub's cache consists of them.
    """
    real = folder.resolve()
    allowed = real.parent.parent if real.parent.name == "snapshots" else real
    for file in folder.iterdir():
        if not file.resolve().is_relative_to(allowed):
            raise ModelError(f"{file} is a link to a place outside the model folder: replace it by a copy of the file.")
    for index in folder.glob("*.safetensors.index.json"):
        for tensor, name in _weight_map(index).items():
            if not isinstance(name, str) or Path(name).name != name or not (folder / name).is_file():
                raise ModelError(f"{index} says tensor {tensor!r} is in {name!r}, which is not a file in that folder.")


def _require_unquantized(config: Path, model: str) -> None:
    """Raise ModelError if the weights are quantized: LoRA can neither be trained on them nor merged into them."""
    try:
        if config.stat().st_size > MAX_CONFIG_BYTES:
            raise ModelError(f"The configuration {config} is larger than {MAX_CONFIG_BYTES >> 20} MB.")
        content = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"Cannot read the configuration {config}: {error}.") from None
    if not isinstance(content, dict):
        raise ModelError(f"Cannot read the configuration {config}: expected an object.")
    if (how := next((content[key] for key in QUANTIZED if content.get(key)), None)) is not None:
        method = how.get("quant_method", "") if isinstance(how, dict) else ""
        raise ModelError(
            f"The weights of {model} are quantized{f' ({method})' if method else ''} and cannot be tuned: use the "
            "original model, or a GGUF file of it. (sumtune generates summaries in 8 bits in any case.)"
        )


def _weight_map(index: Path) -> dict[str, object]:
    try:
        if index.stat().st_size > MAX_INDEX_BYTES:
            raise ModelError(f"{index} is larger than {MAX_INDEX_BYTES >> 20} MB.")
        return dict(json.loads(index.read_text(encoding="utf-8"))["weight_map"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"Cannot read {index}: expected an object with `weight_map` ({error}).") from error


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = ["*.json", "*.safetensors", "*.model", "merges.txt", "vocab.txt"]
    try:
        config = hf_hub_download(name, "config.json", revision=revision)
        _require_unquantized(Path(config), name)  # before downloading gigabytes
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except LocalEntryNotFoundError:
        reason = "the hub cannot be reached and the model is not in the local cache"
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).splitlines()[0]
    raise ModelError(
        f"Cannot get the model {name!r}: {reason}. Check the name and the network; or copy the model's folder to this "
        "machine and give its path; or use --model embedded, which needs no network."
    )
