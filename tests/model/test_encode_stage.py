from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import polyglot
import pytest
import tiny

from sumtune.config import Config, ModelConfig
from sumtune.data.example import Example, dump_jsonl
from sumtune.data.example_file import load_jsonl
from sumtune.errors import RunDirError
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir
from sumtune.model import encode_stage as encode
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.text.encode import Encoder
from sumtune.text.encoded_file import load_encoded
from sumtune.text.prompt import Prompt
from sumtune.text.repeats import FEWEST_TOKENS, FEWEST_WORDS, longest_repeat, shortest_forbidden


def write_splits(run_dir: RunDir, suffix: str = "") -> None:
    for name, start in (("train", 0), ("validation", 50)):
        rows = [tiny.conversation(number) for number in range(start, start + 6)]
        examples = [
            Example(str(at), row["dialogue"], row["summary"] + suffix, "a", at) for at, row in enumerate(rows, 1)
        ]
        write_text(run_dir.split(name), dump_jsonl(examples))


@pytest.fixture
def config(tiny_models: dict[str, Path]) -> Config:
    return Config(model=ModelConfig(name=str(tiny_models["gemma"]), max_source_tokens=64))


@pytest.fixture
def encoder(config: Config) -> Encoder:
    return encode.make_encoder(config.model)


def test_the_stage_writes_what_the_encoder_says(tmp_path: Path, config: Config, encoder: Encoder) -> None:
    run_dir = RunDir(tmp_path)
    write_splits(run_dir)
    encode.run(config, run_dir, lambda: encoder)
    for name in ("train", "validation"):
        examples = load_jsonl(run_dir.split(name))
        expected = [encoder.encode(example.dialogue, example.summary) for example in examples]
        assert list(load_encoded(run_dir.transformation / f"{name}.safetensors")) == expected
    targets = [encoded.target for encoded in load_encoded(run_dir.transformation / "train.safetensors")]
    words = [example.summary.split() for example in load_jsonl(run_dir.split("train"))]
    wanted = replace(
        encoder.prompt, single_line=True, max_target_tokens=max(map(len, targets)),
        no_repeat_ngram_size=shortest_forbidden(Counter(map(longest_repeat, targets)), FEWEST_TOKENS),
        no_repeat_words=shortest_forbidden(Counter(map(longest_repeat, words)), FEWEST_WORDS),
    )  # fmt: skip
    assert wanted.no_repeat_ngram_size > wanted.no_repeat_words > 0
    assert Prompt.load(run_dir.transformation) == wanted
    made_from = encode._settings(config)["prompt"].keys()
    assert made_from.isdisjoint({"no_repeat_ngram_size", "no_repeat_words"}), "folders of earlier releases stay valid"


@pytest.mark.parametrize(
    ("suffix", "english"), [("", True), (" 这是一个很长的中文总结，说明谁在哪天去拿什么。", False)]
)
def test_the_tokens_of_all_training_summaries_are_saved(
    tmp_path: Path, config: Config, encoder: Encoder, suffix: str, english: bool
) -> None:
    run_dir = RunDir(tmp_path)
    write_splits(run_dir, suffix)
    encode.run(config, run_dir, lambda: encoder)
    targets = [encoded.target for encoded in load_encoded(run_dir.transformation / "train.safetensors")]
    tokens = SummaryTokens.load(run_dir.transformation, len(encoder.tokenizer))
    assert tokens == SummaryTokens(tuple(sorted(set().union(*targets))), english)


@pytest.mark.parametrize(("suffix", "single"), [("", True), ("\n", True), ("\nAnd more.", False)])
def test_single_line_is_set_if_all_training_summaries_have_one_line(
    tmp_path: Path, config: Config, encoder: Encoder, suffix: str, single: bool
) -> None:
    run_dir = RunDir(tmp_path)
    write_splits(run_dir, suffix)
    encode.run(config, run_dir, lambda: encoder)
    assert Prompt.load(run_dir.transformation).single_line == single


@pytest.mark.parametrize("separator", [" ", "\n"], ids=["one line", "two lines"])
@pytest.mark.parametrize("language", sorted(polyglot.LANGUAGES))
def test_lines_are_recognized_in_every_language(
    tmp_path: Path, config: Config, encoder: Encoder, language: str, separator: str
) -> None:
    run_dir, exchanges = RunDir(tmp_path), polyglot.LANGUAGES[language]
    examples = [
        Example(f"{number}", one.turn, f"{one.summary}{separator}{two.summary}", "a.jsonl", number)
        for number, (one, two) in enumerate(pairwise(exchanges), 1)
    ]
    for name in ("train", "validation"):
        write_text(run_dir.split(name), dump_jsonl(examples))
    encode.run(config, run_dir, lambda: encoder)
    assert Prompt.load(run_dir.transformation).single_line == (separator == " ")
    assert not SummaryTokens.load(run_dir.transformation, len(encoder.tokenizer)).english


def test_the_stage_is_skipped_until_something_changes(tmp_path: Path, config: Config, encoder: Encoder) -> None:
    run_dir = RunDir(tmp_path)
    write_splits(run_dir)
    file = run_dir.transformation / "train.safetensors"

    def writes(now: Config) -> bool:
        before = file.stat().st_ino if file.exists() else None
        encode.run(now, run_dir, lambda: encoder)
        return file.stat().st_ino != before

    shorter = config.model_copy(update={"model": config.model.model_copy(update={"max_target_tokens": 32})})
    assert writes(config)
    assert not writes(config)
    assert writes(shorter)
    write_splits(run_dir, " Yes.")
    assert writes(shorter)
    (run_dir.transformation / "manifest.json").write_text("{torn")
    assert writes(shorter)


def test_missing_splits_name_the_command(tmp_path: Path, config: Config, encoder: Encoder) -> None:
    with pytest.raises(RunDirError, match="sumtune run"):
        encode.run(config, RunDir(tmp_path), lambda: encoder)


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_a_long_dialogue_is_learned_in_parts(tiny_models: dict[str, Path], tmp_path: Path, name: str) -> None:
    several, short = [tiny.conversation(number) for number in range(6)], tiny.conversation(9)
    dialogue, summary = ("\n".join(one[field] for one in several) for field in ("dialogue", "summary"))
    summary = summary.replace("\n", " ")
    examples = [
        Example("long", dialogue, summary, "a", 1),
        Example("short", short["dialogue"], short["summary"], "a", 2),
    ]
    encoded = {}
    for long in ("parts", "truncate"):
        run_dir = RunDir(tmp_path / long)
        for split in ("train", "validation"):
            write_text(run_dir.split(split), dump_jsonl(examples))
        limits = {"max_source_tokens": 80, "max_target_tokens": 256}
        model = ModelConfig(name=str(tiny_models[name]), long=long, **limits)
        encoder = encode.make_encoder(model)
        encode.run(Config(model=model), run_dir, partial(encode.make_encoder, model))
        encoded[long] = load_encoded(run_dir.transformation / "train.safetensors")
    assert len(encoded["truncate"]) == 2
    *parts, last = encoded["parts"]
    assert last == encoded["truncate"][1] == encoder.encode(short["dialogue"], short["summary"])
    assert len(parts) > 3
    assert max(len(one.source) for one in parts) <= 80 + encoder.overhead
    *learned, joined = (encoder.decode(one.target) for one in parts)
    assert joined == summary
    assert sorted(" ".join(learned).split()) == sorted(summary.split())
