"""LoRA settings from the `adapter_config.json` of any tool: only known keys, values within bounds, no patterns."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sumtune.errors import ModelError
from sumtune.files.records import read_record, validated
from sumtune.model.peft_import import import_peft

__all__ = ["LoraSettings", "read_lora_settings"]

MAX_RANK = 1 << 14
MAX_ALPHA = 1e6
MAX_NAMES = 4096
MAX_PATTERNS = 512
"""Limit on names of modules. PEFT compiles them as regular expressions for every module, so more would be slow."""
MAX_BYTES = 1 << 20
IGNORED = {"auto_mapping", "megatron_core", "qalora_group_size", "runtime_config"}
"""Keys that name classes or modules, or that matter only with refused keys. None of them is passed to PEFT."""
NEUTRAL_VALUES: tuple[object, ...] = (None, False, {}, [])
"""Values with which an unknown key has no effect."""

ALL_LINEAR = "all-linear"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=256)]
"""The name of a module, or the end of its path. Never a regular expression."""
AnchoredName = Annotated[str, Field(pattern=r"^\^?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=256)]
Rank = Annotated[int, Field(ge=1, le=MAX_RANK)]
Alpha = Annotated[float, Field(gt=0, le=MAX_ALPHA)]


class LoraSettings(BaseModel):
    """The settings that determine how the tensors of an adapter are used. Any other key is refused or ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    peft_type: Literal["LORA"]
    task_type: Literal["CAUSAL_LM", "SEQ_2_SEQ_LM"] | None = None
    rank: Rank = Field(alias="r")
    alpha: Alpha = Field(alias="lora_alpha")
    dropout: float = Field(0.0, alias="lora_dropout", ge=0, lt=1)
    target_modules: Annotated[list[Name], Field(max_length=MAX_NAMES)]
    rank_pattern: Annotated[dict[AnchoredName, Rank], Field(max_length=MAX_PATTERNS)] | None = None
    alpha_pattern: Annotated[dict[AnchoredName, Alpha], Field(max_length=MAX_PATTERNS)] | None = None
    use_rslora: bool = False
    use_dora: bool = False
    bias: Literal["none"] = "none"
    init_lora_weights: bool | Literal["gaussian", "orthogonal"] = True
    """How A and B were initialized. Methods that also change the base model are refused."""
    fan_in_fan_out: bool = False
    inference_mode: bool = False
    peft_version: str | None = None
    revision: str | None = None
    base_model_name_or_path: str | None = None
    """Ignored, because the user names the base model."""

    @field_validator("target_modules", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def rank_of(self, path: str) -> int:
        """Return the LoRA rank of the module at `path`."""
        return int(_first(self.rank_pattern or {}, path, self.rank))

    def alpha_of(self, path: str) -> float:
        """Return the LoRA alpha of the module at `path`."""
        return float(_first(self.alpha_pattern or {}, path, self.alpha))

    def targets(self, paths: Iterable[str]) -> set[str] | None:
        """Return the modules among `paths` that have an adapter, or None for all linear layers."""
        names = set(self.target_modules)
        if ALL_LINEAR in names:
            return None
        return {path for path in paths if not names.isdisjoint(_ends(path))}


def read_lora_settings(file: Path) -> LoraSettings:
    """Return the settings in `file`, an `adapter_config.json`.

    Raises:
        ModelError: the file cannot be read, a value is out of bounds or is a pattern, or an unknown key has an effect.
    """
    record = read_record(file, ModelError, MAX_BYTES)
    settings = validated(LoraSettings, record, file, ModelError)
    known = IGNORED | {field.alias or name for name, field in LoraSettings.model_fields.items()}
    defaults = _defaults_of_peft()
    for key, value in record.items():
        if key not in known and value not in NEUTRAL_VALUES and (key not in defaults or value != defaults[key]):
            raise ModelError(f"{file} sets {key!r}, which sumtune does not support: expected null, false or empty.")
    return settings


def _defaults_of_peft() -> dict[str, Any]:
    """Return the default values of the installed PEFT."""
    import_peft()
    from peft import LoraConfig

    return dict(LoraConfig().to_dict())  # type: ignore[no-untyped-call]


def _ends(path: str) -> set[str]:
    """Return all endings of `path`, itself included.

    >>> sorted(_ends("layers.0.q_proj"))
    ['0.q_proj', 'layers.0.q_proj', 'q_proj']
    """
    parts = path.split(".")
    return {".".join(parts[at:]) for at in range(len(parts))}


def _first(patterns: Mapping[str, Any], path: str, default: Any) -> Any:
    """Return the value of the first name that `path` ends with (or equals, for a name with `^`), or `default`."""
    names = _ends(path) | {f"^{path}"}
    return next((value for name, value in patterns.items() if name in names), default)
