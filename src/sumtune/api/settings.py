"""Settings given as a mapping."""

from collections.abc import Mapping
from typing import Any

from yaml.representer import RepresenterError

from sumtune.config_resolution import assignment
from sumtune.errors import ConfigError

__all__ = ["assignments_of"]


def assignments_of(settings: Mapping[str, Any] | None) -> list[str]:
    """Return the `key=value` texts that `--set` would get.

    >>> assignments_of({"train.epochs": 2, "decode": {"beams": 1}})
    ['train.epochs=2', 'decode={beams: 1}']

    Raises:
        ConfigError: YAML cannot represent a value.
    """
    try:
        return [assignment(key, value) for key, value in (settings or {}).items()]
    except RepresenterError as error:
        raise ConfigError(f"A setting has the value {error.args[-1]!r}: expected a number, a text or a list.") from None
