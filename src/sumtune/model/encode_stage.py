"""The stage `encode`: turns the splits of a run folder into token ids, and writes the prompt."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sumtune.config import AUTO, Config, ModelConfig
from sumtune.data.example import Example
from sumtune.data.example_file import Summaries, load_jsonl
from sumtune.files.atomic import new_folder
from sumtune.files.checksums import fingerprint
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import up_to_date, write_manifest
from sumtune.model.load import load_config, position_limits
from sumtune.model.locate import locate
from sumtune.model.prompts import prompt_for
from sumtune.model.read_lengths import READ, dialogue_lengths, read_lengths
from sumtune.model.source_limit import context_tokens, rounded_limit
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.model.tokenizer import load_encoder
from sumtune.text import parts
from sumtune.text.encode import Encoded, Encoder
from sumtune.text.encoded_file import save_encoded
from sumtune.text.language import is_english
from sumtune.text.prompt import Prompt
from sumtune.text.repeats import FEWEST_TOKENS, FEWEST_WORDS, longest_repeat, shortest_forbidden

__all__ = ["fit_token_limits", "limit_notes", "make_encoder", "pairs_to_encode", "run"]

SPLITS = ("train", "validation")
MAX_SPECIAL_TOKENS = 8
"""Upper bound on the special tokens that a tokenizer adds to a text."""
AT_A_TIME = 1024
"""Examples that are encoded before they are written, so that few of them are in memory."""
FORMAT = 2
"""Version of the written files. A new version makes the stage run again in folders of earlier releases."""


def make_encoder(settings: ModelConfig, *, styled: bool = False) -> Encoder:
    """Return the encoder of the base model, with the prompt chosen in `settings`; with `styled`, also for styles.

    Raises:
        ModelError: model or tokenizer cannot be found or read.
    """
    folder = locate(settings.name, settings.revision).folder
    return load_encoder(folder, prompt_for(settings, folder, styled=styled))


def fit_token_limits(settings: ModelConfig, *, styled: bool = False) -> ModelConfig:
    """Return `settings` with `auto` resolved and token limits reduced to the positions of the base model.

    `styled` says whether the prompt must have room for a style.

    Raises:
        ModelError: the positions leave no room for a dialogue.
    """
    folder = locate(settings.name, settings.revision).folder
    limits, prompt = position_limits(load_config(folder)), prompt_for(settings, folder)
    words = prompt.before + prompt.after + prompt.before_summary
    prompt_bound = len(words.encode()) + MAX_SPECIAL_TOKENS  # a token has at least one byte
    total = prompt.max_source_tokens + prompt.max_target_tokens + prompt_bound
    if not styled and all(limit is None or total <= limit for limit in (limits.encoder, limits.decoder)):
        return _with_limits(settings, prompt)  # no tokenizer needed
    return _with_limits(settings, make_encoder(settings, styled=styled).prompt)


def _with_limits(settings: ModelConfig, prompt: Prompt) -> ModelConfig:
    return settings.model_copy(
        update={"max_source_tokens": prompt.max_source_tokens, "max_target_tokens": prompt.max_target_tokens}
    )


def limit_notes(requested: ModelConfig, settings: ModelConfig) -> Iterator[str]:
    """Yield a note for the user for each token limit in `settings` that differs from the one requested."""
    for key in ("max_source_tokens", "max_target_tokens"):
        if (limit := getattr(settings, key)) != getattr(requested, key) != AUTO:
            wanted = getattr(requested, key)
            yield f"Note: model.{key} is {limit} instead of {wanted}, because the model does not have enough positions."


def run(config: Config, run_dir: RunDir, make: Callable[[], Encoder]) -> None:
    """Write `{train,validation}.safetensors`, `prompt.json`, `summary_tokens.json` and their manifest.

    The stage is skipped if inputs and settings are unchanged. `make` returns the encoder and is called only if needed.

    Raises:
        RunDirError: a split is missing or damaged.
        ModelError: the base model cannot be found or read, or a text has a token without an embedding.
    """
    files = [run_dir.require(run_dir.split(name), "run") for name in SPLITS]
    tests = (
        [run_dir.split("test")] if config.model.max_source_tokens == AUTO and run_dir.split("test").is_file() else []
    )
    made_from = fingerprint([*files, *tests], _settings(config))
    if up_to_date(run_dir.transformation, made_from):
        return
    encoder = make()
    splits = {name: load_jsonl(run_dir.split(name)) for name in SPLITS}
    seen = {name: _Seen() for name in (*SPLITS, "test")}
    for file in tests:
        for some in _in_turn(load_jsonl(file)):
            seen["test"].lengths.extend(dialogue_lengths(encoder, some))
    with new_folder(run_dir.transformation) as folder:
        for name, examples in splits.items():
            save_encoded(_encoded(encoder, examples, seen[name]), folder / f"{name}.safetensors")
        lengths = sum((one.lengths for one in seen.values()), array("q"))
        prompt = _prompt_for(encoder, splits["train"], seen["train"])
        if config.model.max_source_tokens == AUTO:
            prompt = replace(prompt, max_source_tokens=rounded_limit(max(lengths), prompt.max_source_tokens))
        prompt.save(folder)
        english = is_english(Summaries(splits["train"])) is True
        SummaryTokens.of([sorted(seen["train"].tokens)], english).save(folder)
        read = read_lengths(lengths, prompt, by_model=_is_limited_by_model(config.model, encoder))
        read["max_target_tokens"] = encoder.prompt.max_target_tokens
        write_manifest(folder, {"fingerprint": made_from, READ: read})


def _settings(config: Config) -> dict[str, Any]:
    """Return the settings that the files of the stage depend on."""
    model, styled = config.model, config.data.style_column is not None
    prompt = asdict(prompt_for(model, locate(model.name, model.revision).folder, styled=styled))
    del prompt["no_repeat_ngram_size"], prompt["no_repeat_words"]  # the stage finds them; earlier releases had none
    if model.max_source_tokens == AUTO:
        del prompt["max_source_tokens"]  # it depends on free memory, which must not make the stage run again
    return {"format": (FORMAT, parts.VERSION), "model": model.model_dump(), "prompt": prompt}


def _is_limited_by_model(model: ModelConfig, encoder: Encoder) -> bool:
    """Return whether the positions of the model, not memory or a setting, limit what `encoder` reads."""
    context = context_tokens(model, load_config(locate(model.name, model.revision).folder))
    read = encoder.prompt.max_source_tokens + encoder.overhead + encoder.prompt.max_target_tokens
    return context is not None and read >= context


@dataclass
class _Seen:
    """What later steps need to know of the examples of a split, without their texts."""

    lengths: "array[int]" = field(default_factory=lambda: array("q"))
    """Tokens of each dialogue."""
    longest_target: int = 0
    token_repeats: Counter[int] = field(default_factory=Counter)
    """Number of targets by `longest_repeat` of their tokens."""
    word_repeats: Counter[int] = field(default_factory=Counter)
    """Number of summaries by `longest_repeat` of their words."""
    tokens: set[int] = field(default_factory=set)
    """All tokens of the targets."""


def _encoded(encoder: Encoder, examples: Sequence[Example], seen: _Seen) -> Iterator[Encoded]:
    """Yield what the model learns from `examples`, and add to `seen`."""
    for some in _in_turn(examples):
        encoded = encoder.encode_examples(some)
        lengths = dialogue_lengths(encoder, some, encoded)
        seen.lengths.extend(lengths)
        seen.word_repeats.update(longest_repeat(example.summary.split()) for example in some)
        for one in encoded:
            seen.longest_target = max(seen.longest_target, len(one.target))
            seen.token_repeats[longest_repeat(one.target)] += 1
            seen.tokens.update(one.target)
        yield from _in_parts(encoder, some, lengths, encoded)


def _in_turn(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Yield all examples, a few at a time."""
    for start in range(0, len(examples), AT_A_TIME):
        yield list(examples[start : start + AT_A_TIME])


def _in_parts(
    encoder: Encoder, examples: Sequence[Example], lengths: Sequence[int], encoded: Sequence[Encoded]
) -> list[Encoded]:
    """Return `encoded`; an example whose dialogue is read in parts is replaced by one example per training pair.

    `lengths` are the tokens of the dialogues.
    """
    limit = encoder.prompt.max_source_tokens
    if encoder.prompt.long == "truncate" or max(lengths, default=0) <= limit:
        return list(encoded)
    found: list[Encoded] = []
    for example, tokens, one in zip(examples, lengths, encoded, strict=True):
        if tokens <= limit:
            found.append(one)
        else:
            found += [encoder.encode(*pair, example.style) for pair in pairs_to_encode(encoder, example, tokens)]
    return found


def pairs_to_encode(encoder: Encoder, example: Example, tokens: int) -> list[tuple[str, str]]:
    """Return the dialogues and summaries that the model learns from `example`, whose dialogue has `tokens` tokens.

    These are several if the dialogue is read in parts.
    """
    limit = encoder.prompt.max_source_tokens
    if encoder.prompt.long == "truncate" or tokens <= limit:
        return [(example.dialogue, example.summary)]
    return parts.training_pairs(example.dialogue, example.summary, encoder.count, limit, tokens)


def _prompt_for(encoder: Encoder, training: Sequence[Example], seen: _Seen) -> Prompt:
    """Return the prompt with the longest length, lines, repeats and styles of the training summaries."""
    prompt = replace(
        encoder.prompt, max_target_tokens=seen.longest_target,
        no_repeat_ngram_size=shortest_forbidden(seen.token_repeats, FEWEST_TOKENS),
        no_repeat_words=shortest_forbidden(seen.word_repeats, FEWEST_WORDS),
        single_line=all("\n" not in example.summary.strip() for example in training),
    )  # fmt: skip
    if prompt.styled is None:
        return prompt
    styles = tuple(sorted({example.style for example in training} - {""}))
    return replace(prompt, styled=replace(prompt.styled, styles=styles))
