"""The LoRA settings in an `adapter_config.json` of any tool: known keys only, within bounds, names without patterns."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sumtune.errors import ModelError
from sumtune.files.records import read_record, validated

__all__ = ["LoraSettings", "read_lora_settings"]

MAX_RANK = 1 << 14
MAX_ALPHA = 1e6
MAX_NAMES = 4096
MAX_PATTERNS = 512
"""More would be compiled anew for each module: PEFT reads these names as regular expressions."""
MAX_BYTES = 1 << 20
IGNORED = {"auto_mapping", "megatron_core", "qalora_group_size", "runtime_config"}
"""Keys that name classes and modules, or mean something only beside keys that are refused: none reaches PEFT."""
MEANINGLESS: tuple[object, ...] = (None, False, {}, [])
"""Values with which a key that is not known here changes nothing."""

ALL_LINEAR = "all-linear"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=256)]
"""A module's name, or the end of its path: no regular expression."""
AnchoredName = Annotated[str, Field(pattern=r"^\^?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=256)]
Rank = Annotated[int, Field(ge=1, le=MAX_RANK)]
Alpha = Annotated[float, Field(gt=0, le=MAX_ALPHA)]


class LoraSettings(BaseModel):
    """What decides how the tensors of an adapter are used; everything else in the file is refused or ignored."""

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
    """How training began; those that change the base model's weights as well are refused."""
    fan_in_fan_out: bool = False
    inference_mode: bool = False
    peft_version: str | None = None
    revision: str | None = None
    base_model_name_or_path: str | None = None
    """Never followed: the base model is what the user names."""

    @field_validator("target_modules", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def rank_of(self, path: str) -> int:
        """Return the rank of the module at `path`."""
        return int(_first(self.rank_pattern or {}, path, self.rank))

    def targets(self, paths: Iterable[str]) -> set[str] | None:
        """Return those of the module `paths` that are adapted; None where it is all linear layers."""
        names = set(self.target_modules)
        if ALL_LINEAR in names:
            return None
        return {path for path in paths if not names.isdisjoint(_ends(path))}


def read_lora_settings(file: Path) -> LoraSettings:
    """Return the settings in `file`, an `adapter_config.json`.

    Raises:
        ModelError: it cannot be read, or a key is unknown and not without effect, out of bounds, or a pattern.
    """
    record = read_record(file, ModelError, MAX_BYTES)
    settings = validated(LoraSettings, record, file, ModelError)
    known = IGNORED | {field.alias or name for name, field in LoraSettings.model_fields.items()}
    defaults = _defaults_of_peft()
    for key, value in record.items():
        if key not in known and value not in MEANINGLESS and (key not in defaults or value != defaults[key]):
            raise ModelError(f"{file} sets {key!r}, which sumtune does not support: expected null, false or empty.")
    return settings


def _defaults_of_peft() -> dict[str, Any]:
    """What the installed PEFT writes for keys that nobody set."""
    from peft import LoraConfig

    return dict(LoraConfig().to_dict())  # type: ignore[no-untyped-call]


def _ends(path: str) -> set[str]:
    """Return `path` and what remains of it when names at its beginning are left out."""
    parts = path.split(".")
    return {".".join(parts[at:]) for at in range(len(parts))}


def _first(patterns: Mapping[str, Any], path: str, default: Any) -> Any:
    """Return the value of the first name that `path` ends with, or is where the name begins with `^`."""
    names = _ends(path) | {f"^{path}"}
    return next((value for name, value in patterns.items() if name in names), default)
