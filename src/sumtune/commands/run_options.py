"""The configuration of a run from the options that the command line and the Python API share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sumtune.config import Config

__all__ = ["PLANNED_PRESETS", "config_of"]

PLANNED_PRESETS = ("quality", "balanced", "fast")
"""Presets that a plan compares if none is named."""


def config_of(
    preset: str | None,
    config_file: Path | None,
    assignments: list[str] | None,
    data: str | None,
    model: str | None,
    dialogue_column: str | None,
    summary_column: str | None,
    style_column: str | None,
    drop_invalid: bool,
    within: str | None = None,
    track: list[str] | None = None,
    track_examples: bool = False,
) -> "Config":
    """Return the configuration for the options of `run`, `train`, `check`, `plan` or `search`.

    Raises:
        ConfigError: names every problem at once.
    """
    from sumtune.config_resolution import resolve  # imports pydantic, which `--help` does not need

    options: dict[str, Any] = {
        "data.path": data,
        "model.name": model,
        "data.dialogue_column": dialogue_column,
        "data.summary_column": summary_column,
        "data.style_column": style_column,
        "data.drop_invalid": drop_invalid or None,
        "train.within": within,
        "track": track or None,
        "track_examples": track_examples or None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    return resolve(preset, config_file, given, tuple(assignments or ()))
