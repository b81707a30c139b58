"""Generation settings of an adapter, stored in its folder and used by `evaluate`, `summarize` and `serve`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.config import Config, DecodeConfig
from sumtune.errors import ModelError
from sumtune.files.records import read_record, write_record
from sumtune.model.adapter_files import SETTINGS, settings_in

__all__ = ["GenerationSettings", "load_generation", "save_generation"]


@dataclass(frozen=True)
class GenerationSettings:
    """Decoding settings of an adapter, and the device on which it generates."""

    decode: DecodeConfig
    device: str

    @classmethod
    def of(cls, config: Config) -> "GenerationSettings":
        """Return the generation settings in `config`."""
        return cls(config.decode, config.model.device)

    def applied_to(self, config: Config) -> Config:
        """Return a copy of `config` with these settings."""
        model = config.model.model_copy(update={"device": self.device})
        return config.model_copy(update={"decode": self.decode, "model": model})

    def changes_to(self, other: "GenerationSettings") -> dict[str, tuple[Any, Any]]:
        """Return (value here, value in `other`) of each setting that differs, by dotted key."""
        before, after = self._flat(), other._flat()
        return {key: (value, after[key]) for key, value in before.items() if after[key] != value}

    def _flat(self) -> dict[str, Any]:
        decode = {f"decode.{key}": value for key, value in self.decode.model_dump().items()}
        return decode | {"model.device": self.device}


def load_generation(adapter: Path) -> GenerationSettings:
    """Return the generation settings of the adapter in the folder `adapter`.

    Raises:
        ModelError: the settings are missing, damaged, or from a newer version.
    """
    settings = settings_in(adapter)
    return GenerationSettings(settings.decode, settings.model.device)


def save_generation(adapter: Path, settings: GenerationSettings) -> None:
    """Write `settings` into `sumtune.json` of the folder `adapter`; all other entries stay.

    Raises:
        ModelError: the settings are missing, damaged, or from a newer version.
    """
    if load_generation(adapter) != settings:
        record = read_record(adapter / SETTINGS, ModelError)
        record["decode"], record["model"]["device"] = settings.decode.model_dump(), settings.device
        write_record(adapter / SETTINGS, record)
