"""The files of an adapter folder, checked before any model is built from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError, safe_open

from sumtune.config import DecodeConfig, ModelConfig
from sumtune.errors import ModelError
from sumtune.files.checksums import changed_file, file_sum
from sumtune.files.records import read_record, validated
from sumtune.files.run_dir import RunDir
from sumtune.model.lora_settings import LoraSettings, read_lora_settings
from sumtune.text.prompt import FILE_NAME as PROMPT

__all__ = ["CONFIG", "SETTINGS", "WEIGHTS", "AdapterFiles", "AdapterSettings", "adapter_folder", "adapter_sums",
           "check_adapter", "read_settings", "settings_in"]  # fmt: skip

WEIGHTS, CONFIG, SETTINGS = "adapter_model.safetensors", "adapter_config.json", "sumtune.json"
SUMS = "sha256"
TENSOR = re.compile(r"base_model\.model\.(?P<path>.+)\.(?P<part>lora_A\.weight|lora_B\.weight|lora_magnitude_vector)")
DTYPES = {"F32", "F16", "BF16"}


class AdapterModel(ModelConfig):
    """Settings of the base model of an adapter. The name is required."""

    name: str


class AdapterSettings(BaseModel):
    """Content of `sumtune.json`: the base model of an adapter and its decoding settings."""

    model_config = ConfigDict(frozen=True)

    model: AdapterModel
    decode: DecodeConfig = DecodeConfig()
    sha256: dict[str, str] = Field(default_factory=dict)
    """SHA-256 sums of the other files by name. Early releases wrote fewer of them."""


@dataclass(frozen=True)
class AdapterFiles:
    """Checked settings and tensor shapes of a LoRA adapter."""

    settings: LoraSettings
    shapes: dict[str, tuple[int, ...]]
    """Shape of each tensor by its name in the file."""

    @property
    def paths(self) -> set[str]:
        """Paths of the modules in the base model that have an adapter."""
        return {match["path"] for match in map(TENSOR.fullmatch, self.shapes) if match}


def adapter_folder(folder: Path) -> Path:
    """Return the adapter folder for `folder`, which is an adapter folder or a run folder.

    Raises:
        ModelError: `folder` is neither.
    """
    for candidate in (folder, RunDir(folder).adapter):
        if (candidate / SETTINGS).is_file():
            return candidate
    raise ModelError(f"{folder} is neither an adapter folder nor a run folder with an adapter in it.")


def adapter_sums(folder: Path) -> dict[str, dict[str, str]]:
    """Return the SHA-256 sums of the files in `folder` that `sumtune.json` records."""
    return {SUMS: {name: file_sum(folder / name) for name in (WEIGHTS, CONFIG, PROMPT)}}


def read_settings(folder: Path) -> AdapterSettings:
    """Return the settings of the adapter in `folder`.

    Raises:
        ModelError: a file is missing, or `sumtune.json` or the prompt is damaged, changed, or from a newer version.
    """
    if missing := [name for name in (SETTINGS, WEIGHTS, CONFIG, PROMPT) if not (folder / name).is_file()]:
        raise ModelError(f"{folder} is not an adapter folder of sumtune: it has no {' and no '.join(missing)}.")
    settings = settings_in(folder)
    _require_unchanged(folder, settings.sha256, PROMPT)
    return settings


def settings_in(folder: Path) -> AdapterSettings:
    """Return the content of `sumtune.json` in `folder`, without checking other files.

    Raises:
        ModelError: the file is missing, damaged, or from a newer version.
    """
    return validated(AdapterSettings, read_record(folder / SETTINGS, ModelError), folder / SETTINGS, ModelError)


def _require_unchanged(folder: Path, sums: Mapping[str, str], *names: str) -> None:
    """Raise ModelError if one of the files `names` has changed. Files without a recorded sum pass (other tools)."""
    if (changed := changed_file(folder, {name: sums[name] for name in names if name in sums})) is not None:
        raise ModelError(f"{folder / changed} has changed since training (its sha256 differs): copy the folder "
                         "again, or train again.")  # fmt: skip


def check_adapter(folder: Path) -> AdapterFiles:
    """Return settings and tensor shapes of the LoRA adapter in `folder`, which another tool may have written.

    Raises:
        ModelError: a file is missing, unreadable, too large or changed since training; or a tensor is not part of a
            LoRA adapter, or its rank differs from the configuration.
    """
    if not (folder / WEIGHTS).is_file() or not (folder / CONFIG).is_file():
        raise ModelError(f"{folder} is not an adapter folder: expected {WEIGHTS} and {CONFIG}.")
    if (folder / SETTINGS).is_file():
        _require_unchanged(folder, _sums(folder), WEIGHTS, CONFIG)
    settings, tensors = read_lora_settings(folder / CONFIG), _tensors(folder / WEIGHTS)
    for key, (shape, dtype) in tensors.items():
        match = TENSOR.fullmatch(key)
        if match is None or dtype not in DTYPES:
            raise ModelError(f"The adapter in {folder} has a tensor that LoRA does not use: {key[:200]!r} ({dtype}).")
        rank = settings.rank_of(match["path"])
        if match["part"] == "lora_A.weight" and shape[:1] != (rank,):
            raise ModelError(f"The adapter in {folder} has rank {shape[0] if shape else 0} in {key!r}, but {rank} in "
                             f"{CONFIG}.")  # fmt: skip
    return AdapterFiles(settings, {key: shape for key, (shape, _) in tensors.items()})


def _sums(folder: Path) -> dict[str, str]:
    record = read_record(folder / SETTINGS, ModelError)
    return validated(dict[str, str], record.get(SUMS, {}), folder / SETTINGS, ModelError)


def _tensors(file: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return shape and dtype of each tensor in `file`, by name."""
    try:
        with safe_open(file, "pt") as opened:
            slices = {key: opened.get_slice(key) for key in opened.keys()}  # noqa: SIM118
            return {key: (tuple(part.get_shape()), str(part.get_dtype())) for key, part in slices.items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"Cannot read {file}: {error}.") from error
