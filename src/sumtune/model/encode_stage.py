"""The stage `encode`: the splits of the run folder become token ids and a prompt."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from sumtune.config import Config, ModelConfig
from sumtune.data.example import Example, load_jsonl
from sumtune.files.atomic import new_folder
from sumtune.files.checksums import fingerprint
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import up_to_date, write_manifest
from sumtune.model.load import load_config, position_limits
from sumtune.model.locate import locate
from sumtune.model.prompts import prompt_for
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.model.tokenizer import load_encoder
from sumtune.text.encode import Encoder, save_encoded
from sumtune.text.language import is_english
from sumtune.text.prompt import Prompt

__all__ = ["fit_token_limits", "limit_notes", "make_encoder", "run"]

SPLITS = ("train", "validation")
MOST_MARKS = 8
"""More special tokens than any tokenizer adds around a text."""
FORMAT = 2
"""Raised when the stage writes other files, so that it does not skip where an earlier version has been."""


def make_encoder(settings: ModelConfig) -> Encoder:
    """Return the encoder of the base model with the prompt that `settings` choose."""
    folder = locate(settings.name, settings.revision).folder
    return load_encoder(folder, prompt_for(settings, folder))


def fit_token_limits(settings: ModelConfig) -> ModelConfig:
    """Return `settings` with token limits that the positions of the base model allow.

    Raises:
        ModelError: they leave no room for a dialogue.
    """
    folder = locate(settings.name, settings.revision).folder
    limits, prompt = position_limits(load_config(folder)), prompt_for(settings, folder)
    words = prompt.before + prompt.after + prompt.before_summary
    roomy = prompt.max_source_tokens + prompt.max_target_tokens + len(words.encode()) + MOST_MARKS  # a token has a byte
    if all(limit is None or roomy <= limit for limit in (limits.encoder, limits.decoder)):
        return settings  # without reading the tokenizer
    prompt = make_encoder(settings).prompt
    return settings.model_copy(
        update={"max_source_tokens": prompt.max_source_tokens, "max_target_tokens": prompt.max_target_tokens}
    )


def limit_notes(asked: ModelConfig, settings: ModelConfig) -> Iterator[str]:
    """Yield a note for each token limit that is smaller in `settings` than asked for."""
    for key in ("max_source_tokens", "max_target_tokens"):
        if (limit := getattr(settings, key)) != getattr(asked, key):
            yield f"Note: model.{key} is {limit} instead of {getattr(asked, key)}: the model has no further positions."


def run(config: Config, run_dir: RunDir, make: Callable[[], Encoder]) -> None:
    """Write `{train,validation}.safetensors`, `prompt.json`, `summary_tokens.json` and their manifest.

    Nothing is written where nothing changed.

    `make` gives the encoder of `make_encoder` where it is needed.
    """
    files = [run_dir.require(run_dir.split(name), "run") for name in SPLITS]
    prompt = prompt_for(config.model, locate(config.model.name, config.model.revision).folder)
    settings = {"format": FORMAT, "model": config.model.model_dump(), "prompt": asdict(prompt)}
    made_from = fingerprint(files, settings)
    if up_to_date(run_dir.transformation, made_from):
        return
    encoder = make()
    splits = {name: load_jsonl(run_dir.split(name)) for name in SPLITS}
    with new_folder(run_dir.transformation) as folder:
        for name, examples in splits.items():
            encoded = [encoder.encode(example.dialogue, example.summary) for example in examples]
            save_encoded(encoded, folder / f"{name}.safetensors")
        _prompt_for(encoder, splits["train"]).save(folder)
        _summary_tokens(encoder, splits["train"]).save(folder)
        write_manifest(folder, {"fingerprint": made_from})


def _prompt_for(encoder: Encoder, training: Sequence[Example]) -> Prompt:
    """The prompt, with what generation learns from the training summaries: how long they get, whether lines break."""
    longest = max(len(encoder.target(example.summary)) for example in training)
    single_line = all("\n" not in example.summary.strip() for example in training)
    return replace(encoder.prompt, max_target_tokens=longest, single_line=single_line)


def _summary_tokens(encoder: Encoder, training: Sequence[Example]) -> SummaryTokens:
    summaries = [example.summary for example in training]
    return SummaryTokens.of(map(encoder.target, summaries), is_english(summaries) is True)
