"""Settings that a command accepts with `--set`. Others would do nothing, so they are refused."""

from collections.abc import Iterator, Sequence

from sumtune.config_resolution import known_keys, parse_assignment
from sumtune.errors import ConfigError

__all__ = ["CHECK", "EVALUATE", "require_accepted"]

CHECK = (
    "preset", "data", "model.name", "model.revision", "model.prompt", "model.instruction", "model.max_source_tokens",
    "model.max_target_tokens", "train.micro_batch_tokens",
)  # fmt: skip
"""`preset` may set the share of the data to use; `train.micro_batch_tokens` limits the lengths in `model`."""
EVALUATE = ("decode", "evaluate", "model.device")


def require_accepted(command: str, assignments: Sequence[str], used: Sequence[str]) -> None:
    """Check that each of the valid `key=value` texts sets something that `command` uses.

    Raises:
        ConfigError: names the settings that would do nothing, and those that the command has.
    """
    keys = [key for text in assignments for key in _keys(*parse_assignment(text))]
    idle = [key for key in keys if not _is_among(key, used)]
    if idle:
        settings = (key for key in known_keys() if "." in key or key == "preset")
        raise ConfigError(
            f"`sumtune {command}` does not use {', '.join(dict.fromkeys(idle))}. Its settings are: "
            f"{', '.join(key for key in settings if _is_among(key, used))}."
        )


def _is_among(key: str, used: Sequence[str]) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in used)


def _keys(key: str, value: object) -> Iterator[str]:
    """Yield every setting that `key=value` sets; the value of a section is a mapping."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _keys(f"{key}.{name}", inner)
    else:
        yield key
