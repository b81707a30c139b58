"""How an adapter generates: the settings in its folder decide for `evaluate`, `summarize` and `serve` alike."""

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
    """The decoding settings of an adapter and the device that it generates on."""

    decode: DecodeConfig
    device: str

    @classmethod
    def of(cls, config: Config) -> "GenerationSettings":
        """Those of a whole configuration."""
        return cls(config.decode, config.model.device)

    def applied_to(self, config: Config) -> Config:
        """`config` with these settings."""
        model = config.model.model_copy(update={"device": self.device})
        return config.model_copy(update={"decode": self.decode, "model": model})

    def changes_to(self, other: "GenerationSettings") -> dict[str, tuple[Any, Any]]:
        """Both values of each setting that `other` has differently, by dotted key."""
        before, after = self._flat(), other._flat()
        return {key: (value, after[key]) for key, value in before.items() if after[key] != value}

    def _flat(self) -> dict[str, Any]:
        decode = {f"decode.{key}": value for key, value in self.decode.model_dump().items()}
        return decode | {"model.device": self.device}


def load_generation(adapter: Path) -> GenerationSettings:
    """Return how the adapter in the folder `adapter` generates.

    Raises:
        ModelError: the settings are missing or damaged, or written by a newer version.
    """
    settings = settings_in(adapter)
    return GenerationSettings(settings.decode, settings.model.device)


def save_generation(adapter: Path, settings: GenerationSettings) -> None:
    """Let the adapter generate with `settings`; what else its settings file holds stays.

    Raises:
        ModelError: the settings are missing, damaged, or written by a newer version.
    """
    if load_generation(adapter) != settings:
        record = read_record(adapter / SETTINGS, ModelError)
        record["decode"], record["model"]["device"] = settings.decode.model_dump(), settings.device
        write_record(adapter / SETTINGS, record)
