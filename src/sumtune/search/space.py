"""The space of a search: the values that each setting may take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sumtune.config import Config
from sumtune.config_resolution import assignment, known_keys, nearest, read_yaml, revise
from sumtune.errors import ConfigError

if TYPE_CHECKING:
    from optuna import Trial

__all__ = ["Range", "Space", "load_space", "settings_of", "suggest"]

SEARCHED = ("lora", "train", "decode", "model.max_source_tokens", "model.instruction")
"""Sections and settings that a search may change. Data and scoring stay, so that trials can be compared."""
THE_SAME = frozenset(
    f"train.{name}" for name in ("within", "stop_early", "seed", "validate_every_steps", "validation_examples",
                                 "sampled_summaries", "keep_checkpoints")
)  # fmt: skip
"""Settings of these sections that decide how trials are measured, or differ only by luck."""


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
    path = Path(str(files("sumtune.search") / "space.yaml")) if file is None else file
    where = "The default space" if file is None else str(file)
    content = read_yaml(path, "search space")
    if not content:
        raise ConfigError(f"{where} is empty: it needs settings, such as `lora.rank: [8, 16]`.")
    try:
        return {key: _values(key, value, base) for key, value in _flat(content).items()}
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _flat(content: Mapping[Any, Any]) -> dict[str, Any]:
    """Return `content` by dotted keys; sections may be nested, as in a configuration."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        nested = isinstance(value, dict) and f"{key}" in Config.model_fields
        flat |= {f"{key}.{name}": below for name, below in value.items()} if nested else {str(key): value}
    return flat


def _values(key: str, value: Any, base: Config) -> Range | tuple[Any, ...]:
    if key not in known_keys():
        raise ConfigError(f"{key}: unknown setting.{nearest(key, known_keys())}")
    if not key.startswith(SEARCHED) or "." not in key:
        raise ConfigError(f"a search cannot change {key!r}, only settings of {', '.join(SEARCHED)}.")
    if key in THE_SAME:
        raise ConfigError(f"a search cannot change {key!r}: it must be the same in all trials.")
    if isinstance(value, list):
        if len({repr(_checked(base, key, one)) for one in value}) < max(2, len(value)):
            raise ConfigError(f"the list of {key} needs two values or more, each of them once.")
        return tuple(value)
    if isinstance(value, dict) and {"low", "high"} <= value.keys() <= {"low", "high", "log"}:
        span = _range(key, _number(value["low"]), _number(value["high"]), value.get("log", False))
        return Range(_checked(base, key, span.low), _checked(base, key, span.high), span.log)
    raise ConfigError(f"{key} needs a list of values, or {{low: …, high: …, log: true}}.")


def _range(key: str, low: Any, high: Any, log: Any) -> Range:
    if any(isinstance(one, bool) or not isinstance(one, int | float) or not isfinite(one) for one in (low, high)):
        raise ConfigError(f"low and high of {key} must be numbers.")
    if not low < high:
        raise ConfigError(f"low of {key} must be less than high.")
    if not isinstance(log, bool):
        raise ConfigError(f"log of {key} must be true or false.")
    if log and low <= 0:
        raise ConfigError(f"with log: true, low of {key} must be greater than 0.")
    return Range(low, high, log)


def _checked(base: Config, key: str, value: Any) -> Any:
    """Return `value` as the setting `key` takes it: whole numbers for a whole number.

    Raises:
        ConfigError: the setting cannot take it.
    """
    section, _, name = key.partition(".")
    return getattr(getattr(revise(base, (assignment(key, value),)), section), name)


def _number(value: Any) -> Any:
    """Return `value`, or the number in it: YAML 1.1 reads `1e-4`, without a point, as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


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
