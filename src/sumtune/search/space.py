"""The space of a search: the values that each setting may take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from sumtune.config import Config
from sumtune.config_resolution import assignment, known_keys, revise
from sumtune.errors import ConfigError

if TYPE_CHECKING:
    from optuna import Trial

__all__ = ["Range", "Space", "load_space", "settings_of", "suggest"]

SEARCHED = ("lora", "train", "decode", "model.max_source_tokens", "model.instruction")
"""Sections and settings that a search may change. Data and scoring stay, so that trials can be compared."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole numbers if both are."""

    low: float
    high: float
    log: bool = False
    """Whether values are drawn uniformly on a logarithmic scale."""


Space: TypeAlias = Mapping[str, "Range | tuple[Any, ...]"]
"""The values of each setting, by dotted key."""


def load_space(file: Path | None, base: Config) -> dict[str, Range | tuple[Any, ...]]:
    """Return the space in a YAML file, or the default one.

    Raises:
        ConfigError: the file cannot be read, or names a setting or a value that `base` cannot take.
    """
    text = (files("sumtune.search") / "space.yaml").read_text("utf-8") if file is None else _read(file)
    where = "the default space" if file is None else str(file)
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{where} is empty: it needs settings, such as `lora.rank: [8, 16]`.")
    space = {str(key): _values(str(key), value, where) for key, value in content.items()}
    for key, values in space.items():
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            revise(base, (assignment(key, value),))
    return space


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read the search space {str(file)!r}: {error}.") from None


def _values(key: str, value: Any, where: str) -> Range | tuple[Any, ...]:
    if key not in known_keys() or not key.startswith(SEARCHED) or "." not in key:
        raise ConfigError(f"{where}: a search cannot change {key!r}, only settings of {', '.join(SEARCHED)}.")
    if isinstance(value, list) and len(value) > 1:
        return tuple(value)
    if isinstance(value, dict) and {"low", "high"} <= value.keys() <= {"low", "high", "log"}:
        low, high, log = value["low"], value["high"], bool(value.get("log", False))
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (low, high))
        if numbers and low < high and (low > 0 or not log):
            return Range(low, high, log)
    raise ConfigError(f"{where}: {key} needs a list of two values or more, or {{low: …, high: …, log: true}}.")


def suggest(trial: "Trial", space: Space) -> None:
    """Let the sampler of the study choose a value for every setting."""
    for key, values in space.items():
        if not isinstance(values, Range):
            trial.suggest_categorical(key, [json.dumps(value) for value in values])
        elif isinstance(values.low, int) and isinstance(values.high, int):
            trial.suggest_int(key, values.low, values.high, log=values.log)
        else:
            trial.suggest_float(key, values.low, values.high, log=values.log)


def settings_of(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return the value of each setting for the parameters of a trial."""
    return {key: value if isinstance(space[key], Range) else json.loads(value) for key, value in params.items()}
