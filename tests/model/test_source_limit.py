"""`model.max_source_tokens: auto` reads whole dialogues if context and memory allow it."""

from functools import partial
from pathlib import Path

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from sumtune.config import Config, ModelConfig
from sumtune.data.example import Example, dump_jsonl
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir
from sumtune.model import encode_stage, source_limit
from sumtune.model.read_lengths import recorded_read_lengths
from sumtune.model.source_limit import USUAL_TOKENS, most_source_tokens, rounded_limit
from sumtune.text.prompt import Prompt


def write_splits(run_dir: RunDir, longest: dict[str, int]) -> None:
    """Write six conversations per split, one of them longer by a number of words."""
    for name, words in longest.items():
        rows = [tiny.conversation(number) for number in range(6)]
        rows[2]["dialogue"] += "\nAna: " + "bread " * words
        examples = [Example(str(at), row["dialogue"], row["summary"], "a", at) for at, row in enumerate(rows, 1)]
        write_text(run_dir.split(name), dump_jsonl(examples))


def encode(run_dir: RunDir, **settings: object) -> Prompt:
    config = Config(model=ModelConfig(precision="fp32", **settings))  # type: ignore[arg-type]
    encode_stage.run(config, run_dir, partial(encode_stage.make_encoder, config.model))
    return Prompt.load(run_dir.transformation)


def files_of(run_dir: RunDir) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in run_dir.transformation.iterdir() if file.name != "manifest.json"
    }  # fmt: skip


def test_short_dialogues_give_the_same_files_as_the_usual_number(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    found = []
    for limit in ("auto", USUAL_TOKENS):
        run_dir = RunDir(tmp_path / str(limit))
        write_splits(run_dir, {"train": 0, "validation": 0, "test": 0})
        encode(run_dir, name=str(tiny_models["gemma"]), max_source_tokens=limit)
        found.append(files_of(run_dir))
    assert found[0] == found[1]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_auto_reads_the_longest_dialogue_of_any_split(tiny_models: dict[str, Path], tmp_path: Path, split: str) -> None:
    run_dir = RunDir(tmp_path)
    write_splits(run_dir, {"train": 0, "validation": 0, "test": 0, split: 1100})
    prompt = encode(run_dir, name=str(tiny_models["gemma"]))
    read = recorded_read_lengths(run_dir)
    assert read is not None
    assert USUAL_TOKENS < read["longest_dialogue"] <= prompt.max_source_tokens
    assert (read["max_source_tokens"], read["longer"]) == (prompt.max_source_tokens, 0)


def test_what_the_context_does_not_hold_is_recorded_as_truncated(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    write_splits(RunDir(tmp_path), {"train": 3000, "validation": 0})
    prompt = encode(RunDir(tmp_path), name=str(tiny_models["gpt2"]))
    read = recorded_read_lengths(RunDir(tmp_path))
    assert read is not None
    assert read["longest_dialogue"] >= 3000
    assert (read["longer"], read["limited_by_model"], read["dialogues"]) == (1, True, 12)
    assert prompt.max_source_tokens < 512 - 128


def test_little_memory_limits_auto_and_does_not_run_the_stage_again(
    tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir, name = RunDir(tmp_path), str(tiny_models["gemma"])
    settings, folder = ModelConfig(name=name, precision="fp32"), tiny_models["gemma"]
    write_splits(run_dir, {"train": 1100, "validation": 0})
    whole = encode(run_dir, name=name)
    before = (run_dir.transformation / "train.safetensors").stat().st_ino
    monkeypatch.setattr(source_limit, "available_bytes", lambda _device: 2 * 10**9)
    roomy = most_source_tokens(settings, folder)
    monkeypatch.setattr(source_limit, "available_bytes", lambda _device: 10**9)
    assert most_source_tokens(settings, folder) == USUAL_TOKENS < roomy
    assert encode(run_dir, name=name) == whole
    assert (run_dir.transformation / "train.safetensors").stat().st_ino == before


def test_a_number_is_taken_as_it_is_and_t5_reads_the_usual_number(tiny_models: dict[str, Path]) -> None:
    assert most_source_tokens(ModelConfig(max_source_tokens=77), tiny_models["gemma"]) == 77
    assert most_source_tokens(ModelConfig(), tiny_models["t5"]) == USUAL_TOKENS


@given(st.integers(0, 10**5), st.integers(16, 10**5))
def test_the_limit_holds_the_longest_where_it_can(longest: int, most: int) -> None:
    limit = rounded_limit(longest, most)
    assert limit <= most
    assert limit >= min(longest, most)
    assert limit == most or (limit % USUAL_TOKENS == 0 and limit - longest < USUAL_TOKENS)
