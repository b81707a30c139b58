"""The configuration of a run: defaults, then preset, then `--config` file, then `--set`, then options."""

import difflib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sumtune.config import PRESETS, Config, PromptConfig, Section
from sumtune.errors import ConfigError

__all__ = ["assignment", "known_keys", "nearest", "parse_assignment", "read_yaml", "resolve", "revise"]

MAX_FILE_BYTES = 1_000_000
"""No configuration is larger. Without a limit, a device such as `/dev/zero` would be read forever."""
YAML_END = "...\n"
"""End mark that PyYAML writes after a value that is neither a list nor a mapping."""


def resolve(
    preset: str | None = None,
    config_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    assignments: tuple[str, ...] = (),
) -> Config:
    """Return the configuration: defaults, then preset, then `config_file`, then `assignments`, then `overrides`.

    `assignments` are `key=value` texts with dotted keys, their values YAML; `overrides` maps dotted keys to values.

    Raises:
        ConfigError: names every problem at once, with the nearest known name for an unknown one.
    """
    from_file = read_yaml(config_file) if config_file else {}
    from_set = dict(parse_assignment(text) for text in assignments)
    chosen = preset or from_set.get("preset") or from_file.get("preset") or Config.model_fields["preset"].default
    if chosen not in PRESETS:
        raise ConfigError(f"Unknown preset {chosen!r}: choose one of {', '.join(PRESETS)}.{nearest(chosen, PRESETS)}")
    merged: dict[str, Any] = read_yaml(Path(str(files("sumtune") / "presets" / f"{chosen}.yaml")))
    merged = _deep_merge(merged, from_file)
    for key, value in {**from_set, **(overrides or {}), "preset": chosen}.items():
        merged = _deep_merge(merged, _nested(key, value))
    return _validated(merged)


def revise(config: Config, assignments: tuple[str, ...]) -> Config:
    """Return `config`, changed by `key=value` texts.

    Raises:
        ConfigError: names every problem at once.
    """
    merged: dict[str, Any] = config.model_dump(mode="json")
    merged |= {"track": config.track, "track_examples": config.track_examples}  # which no record holds
    for text in assignments:
        merged = _deep_merge(merged, _nested(*parse_assignment(text)))
    return _validated(merged)


def _validated(settings: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        raise ConfigError("\n".join(["The configuration has problems:", *_problems(error)])) from None


def read_yaml(path: Path, what: str = "configuration") -> dict[str, Any]:
    """Return the mapping in a YAML file; empty if the file is empty. `what` is the name of such a file in messages.

    Raises:
        ConfigError: the file cannot be read, or holds something else.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ConfigError(f"{path} has more than {MAX_FILE_BYTES:,} bytes, so it is not a {what}.")
        value = yaml.safe_load(content.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the {what} {str(path)!r}: {error.strerror or error}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path} must hold `key: value` settings, not {type(value).__name__}.")
    return value


def parse_assignment(text: str) -> tuple[str, Any]:
    """Return key and value of a `key=value` text; the value is YAML.

    Raises:
        ConfigError: the text has another form.
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"--set {text!r}: expected key=value, for example train.epochs=2.")
    try:
        return key.strip(), yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that does not exist
        raise ConfigError(f"--set {text!r}: the value {value!r} is not valid YAML.") from None


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _deep_merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _problems(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        key = ".".join(part for part in map(str, detail["loc"]) if not part.startswith("<"))
        if detail["type"] == "extra_forbidden":
            yield f"  {key}: unknown setting.{nearest(key, known_keys())}"
        elif not key:
            yield f"  {detail['msg'].removeprefix('Value error, ')}"
        else:
            yield f"  {key} = {detail['input']!r}: {detail['msg']}"


def assignment(key: str, value: Any) -> str:
    """Return the `key=value` text that sets `key` to `value`, the inverse of `parse_assignment`.

    >>> assignment("decode.shortlist", None), assignment("lora.target_modules", ["all-linear"])
    ('decode.shortlist=null', 'lora.target_modules=[all-linear]')
    """
    text = yaml.safe_dump(value, default_flow_style=True, width=2**20, allow_unicode=True)
    return f"{key}={text.removesuffix(YAML_END).strip()}"


def known_keys() -> list[str]:
    """Return the sections and all settings by dotted key."""
    keys = []
    for name, field in Config.model_fields.items():
        section = field.annotation
        keys.append(name)
        if isinstance(section, type) and issubclass(section, Section):
            keys += [f"{name}.{inner}" for inner in section.model_fields]
    return [*keys, *(f"model.prompt.{inner}" for inner in PromptConfig.model_fields)]


def nearest(name: object, known: tuple[str, ...] | list[str]) -> str:
    """Return ` Did you mean …?` with the most similar known name; empty if none is similar."""
    by_last = {key.rpartition(".")[2]: key for key in reversed(known)}  # the first one, as `train` before `rank`
    last = str(name).rpartition(".")[2]
    matches = [by_last[last]] if last in by_last else difflib.get_close_matches(str(name), known, n=1)
    matches = matches or [by_last[near] for near in difflib.get_close_matches(last, by_last, n=1)]
    return f" Did you mean {matches[0]}?" if matches else ""
