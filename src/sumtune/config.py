"""Every setting once: its type, its default, its unit. A file, a preset and `--set` only override these."""

import difflib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sumtune.errors import ConfigError

__all__ = [
    "PRESETS",
    "Config",
    "DataConfig",
    "DecodeConfig",
    "EvaluateConfig",
    "LoraConfig",
    "ModelConfig",
    "Preset",
    "TrainConfig",
    "assignment",
    "known_keys",
    "parse_assignment",
    "resolve",
    "revise",
]

Preset = Literal["quality", "balanced", "fast"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

YAML_END = "...\n"
"""What PyYAML writes after a value that is neither a list nor a mapping."""

Positive = Annotated[int, Field(gt=0)]
Beams = Annotated[int, Field(gt=0, le=128)]


class Section(BaseModel):
    """A group of settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """What to learn from."""

    path: str = "embedded"
    """`embedded`, a CSV/JSON/JSONL/Parquet file, a folder with split files, or a Hugging Face data set id."""
    dialogue_column: str | None = None
    """Column of the dialogue; found by its name where not given."""
    summary_column: str | None = None
    """Column of the summary; found by its name where not given."""
    train_share: float = Field(1.0, gt=0, le=1)
    """Share of the training examples that is used, chosen by hash."""
    drop_invalid: bool = False
    """Drop rows with errors instead of stopping."""


class ModelConfig(Section):
    """The base model and how its text is cut."""

    name: str = "embedded"
    """`embedded`, a model folder, a `.gguf` file, or a Hugging Face model id."""
    revision: str | None = None
    """Branch, tag or commit of a Hugging Face model id."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto` measures both on this machine and takes bf16 only where it is faster."""
    max_source_tokens: Annotated[int, Field(ge=16)] = 1024
    """Longer dialogues lose their end, in tokens."""
    max_target_tokens: Annotated[int, Field(ge=4)] = 128
    """Longer summaries lose their end in training; also the limit of generation, in tokens with the end mark."""


class LoraConfig(Section):
    """Low-rank adaptation (Hu et al. 2021, https://arxiv.org/abs/2106.09685)."""

    rank: Positive = 16
    alpha: float = Field(32.0, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    target_modules: tuple[str, ...] | None = ("all-linear",)
    """Names of the linear layers to adapt; null is query and value, by the names of the model family."""
    rslora: bool = False
    """Scale by alpha/sqrt(rank) (Kalajdzievski 2023) instead of alpha/rank."""
    dora: bool = False
    """Learn magnitude and direction apart (Liu et al. 2024)."""


class TrainConfig(Section):
    """The training loop."""

    epochs: Positive = 3
    learning_rate: float = Field(3e-4, gt=0, lt=1)
    warmup_steps: int = Field(100, ge=0)
    """Optimizer steps of linear warm-up, at most a tenth of all optimizer steps."""
    schedule: Literal["linear", "cosine"] = "linear"
    """How the learning rate falls to zero after warm-up."""
    effective_batch_size: Positive = 4
    """Examples an optimizer step."""
    micro_batch_tokens: Annotated[int, Field(ge=64)] = 1536
    """Most tokens, padding included, that go through the model at once."""
    average_power: float | None = Field(2.0, ge=0)
    """What is validated and kept is a mean of the weights of all optimizer steps t, each counting t to this power:
    2 looks mostly at the second half of a run, 0 at all alike; null keeps the last weights alone."""
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    validate_every_steps: Positive = 50
    """Optimizer steps between two validations, each followed by a checkpoint."""
    validation_examples: Positive = 40
    """Most validation examples that each validation looks at, spread evenly over their lengths."""
    result: Literal["best", "last"] = "last"
    """The adapter that a run leaves: of the lowest validation loss, or of the last optimizer step."""
    keep_checkpoints: Positive = 2
    """Newest checkpoints that are kept, besides the best."""
    seed: int = Field(0, ge=0)


class DecodeConfig(Section):
    """How summaries are generated."""

    beams: Beams = 4
    """1 is greedy search."""
    length_penalty: float = Field(1.0, ge=-10, le=10)
    """Exponent of the length by which beam scores are divided; above 1 favours longer summaries."""
    engine: Literal["auto", "native", "ctranslate2", "torch"] = "auto"
    """`auto` takes on the CPU the first that knows the model: native (decoder-only), CTranslate2, torch."""
    quantization: Literal["int8", "float32"] = "int8"
    """Number format of native and CTranslate2."""
    batch_tokens: Annotated[int, Field(ge=64, le=1 << 20)] = 4096
    """Most source tokens, padding included, that are read together."""
    shortlist: Positive | None = 98304
    """Native engine, English only: this many of the most frequent tokens can be written, and all tokens of the training
    summaries and of the dialogue; null, like any other language, is the whole vocabulary."""


class EvaluateConfig(Section):
    """What is scored."""

    base: bool = True
    """Also generate with the base model, to show whether training helped."""
    base_beams: Beams = 1
    """Beams of the base model: it ends few summaries by itself, so beam search would take it several times as long."""
    max_examples: Positive | None = None
    """Score at most this many examples, chosen by hash."""
    shown_examples: int = Field(3, ge=0)


class Config(Section):
    """All settings of a run."""

    preset: Preset = "quality"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    lora: LoraConfig = LoraConfig()
    train: TrainConfig = TrainConfig()
    decode: DecodeConfig = DecodeConfig()
    evaluate: EvaluateConfig = EvaluateConfig()

    @model_validator(mode="after")
    def _longest_example_fits(self) -> "Config":
        longest = self.model.max_source_tokens + self.model.max_target_tokens
        if longest > self.train.micro_batch_tokens:
            raise ValueError(
                f"train.micro_batch_tokens ({self.train.micro_batch_tokens}) must hold one example of "
                f"model.max_source_tokens + model.max_target_tokens ({longest})"
            )
        return self


def resolve(
    preset: str | None = None,
    config_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    assignments: tuple[str, ...] = (),
) -> Config:
    """The configuration: defaults, then preset, then `config_file`, then `assignments`, then `overrides`.

    `assignments` are `key=value` texts with dotted keys, their values YAML; `overrides` maps dotted keys to values.

    Raises:
        ConfigError: names every problem at once, with the nearest known name for an unknown one.
    """
    from_file = _read_yaml(config_file) if config_file else {}
    from_set = dict(parse_assignment(text) for text in assignments)
    chosen = preset or from_set.get("preset") or from_file.get("preset") or Config.model_fields["preset"].default
    if chosen not in PRESETS:
        raise ConfigError(f"Unknown preset {chosen!r}: choose one of {', '.join(PRESETS)}.{_nearest(chosen, PRESETS)}")
    merged: dict[str, Any] = _read_yaml(Path(str(files("sumtune") / "presets" / f"{chosen}.yaml")))
    merged = _deep_merge(merged, from_file)
    for key, value in {**from_set, **(overrides or {}), "preset": chosen}.items():
        merged = _deep_merge(merged, _nested(key, value))
    return _validated(merged)


def revise(config: Config, assignments: tuple[str, ...]) -> Config:
    """`config` changed by `key=value` texts.

    Raises:
        ConfigError: names every problem at once.
    """
    merged: dict[str, Any] = config.model_dump(mode="json")
    for text in assignments:
        merged = _deep_merge(merged, _nested(*parse_assignment(text)))
    return _validated(merged)


def _validated(settings: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        raise ConfigError("\n".join(["The configuration has problems:", *_problems(error)])) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration {str(path)!r}: {error.strerror or error}.") from None
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
        ConfigError: the text is of another form.
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"--set {text!r}: expected key=value, for example train.epochs=2.")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
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
        key = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            yield f"  {key}: unknown setting.{_nearest(key, known_keys())}"
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
    return keys


def _nearest(name: object, known: tuple[str, ...] | list[str]) -> str:
    """` Did you mean …?` for the known name most like `name`, or nothing where none is near."""
    by_last = {key.rpartition(".")[2]: key for key in known}
    last = str(name).rpartition(".")[2]
    matches = [by_last[last]] if last in by_last else difflib.get_close_matches(str(name), known, n=1)
    matches = matches or [by_last[near] for near in difflib.get_close_matches(last, by_last, n=1)]
    return f" Did you mean {matches[0]}?" if matches else ""
