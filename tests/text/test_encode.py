from pathlib import Path
from typing import Any

import pytest
import tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.config import DataConfig, ModelConfig
from sumtune.data.example import Example
from sumtune.data.ingest import check
from sumtune.errors import ModelError
from sumtune.text.encode import BATCH_TEXTS, Encoder
from sumtune.text.prompt import Prompt, default_prompt

FAMILIES = {"gemma": False, "t5": True, "bart": True}


def tokenizer(name: str) -> Any:
    made = tiny.tokenizer(is_t5=name == "t5")
    if name == "bart":  # the real one puts a mark at both ends
        from tokenizers import processors

        marks = [(mark, made.convert_tokens_to_ids(mark)) for mark in ("<s>", "</s>")]
        made.backend_tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=marks)
    return made


TOKENIZERS = {name: tokenizer(name) for name in FAMILIES}


def make_encoder(name: str, max_source_tokens: int = 512, max_target_tokens: int = 128) -> Encoder:
    both = FAMILIES[name]
    return Encoder(TOKENIZERS[name], default_prompt(both, name, max_source_tokens, max_target_tokens), both)


families = pytest.mark.parametrize("name", FAMILIES)
words = st.text(st.characters(codec="utf-8", exclude_characters="<"), min_size=1, max_size=40)


@families
@given(dialogue=words, summary=words.map(str.strip).filter(bool))
@settings(max_examples=30)
def test_target_is_exactly_the_summary_and_the_end_mark(name: str, dialogue: str, summary: str) -> None:
    encoder = make_encoder(name)
    encoded = encoder.encode(dialogue, summary)
    end = encoder.tokenizer.eos_token_id
    assert encoded.target[-1] == end
    assert end not in encoded.target[:-1]
    assert encoder.decode(encoded.target) == summary
    assert encoder.decode(encoded.source) == (encoder.prompt.before + dialogue + encoder.prompt.after).strip()


@families
def test_many_examples_get_the_ids_that_each_gets_alone(name: str) -> None:
    examples = [Example(str(n), **tiny.conversation(n), file="made up", row=n) for n in range(BATCH_TEXTS + 2)]
    encoder = make_encoder(name, max_source_tokens=40, max_target_tokens=20)
    assert encoder.encode_examples(examples) == [encoder.encode(one.dialogue, one.summary) for one in examples]


@families
def test_source_has_the_marks_the_model_was_trained_with(name: str) -> None:
    encoder = make_encoder(name)
    begin, end = encoder.tokenizer.bos_token_id, encoder.tokenizer.eos_token_id
    source = encoder.source("Ana: Hi")
    assert (source.count(begin), source.count(end)) == {"gemma": (1, 0), "t5": (0, 1), "bart": (1, 1)}[name]
    if begin in source:
        assert source[0] == begin
    if end in source:
        assert source[-1] == end


@families
def test_training_reads_what_serving_reads(name: str, tmp_path: Path) -> None:
    training = make_encoder(name)
    training.prompt.save(tmp_path)
    serving = Encoder(TOKENIZERS[name], Prompt.load(tmp_path), FAMILIES[name])
    for number in range(20):
        example = tiny.conversation(number)
        assert training.encode(**example).source == serving.source(example["dialogue"])


@families
@given(number=st.integers(0, 999), limit=st.integers(1, 60))
@settings(max_examples=30)
def test_long_dialogues_lose_only_their_end(name: str, number: int, limit: int) -> None:
    dialogue = tiny.conversation(number)["dialogue"]
    whole, cut = make_encoder(name), make_encoder(name, max_source_tokens=limit)
    after = len(whole.around("")[1])
    tokens = whole.count([dialogue])[0]
    source = cut.source(dialogue)
    assert len(source) == min(tokens, limit) + cut.overhead
    full = whole.source(dialogue)
    assert source[: len(source) - after] == full[: len(source) - after]
    assert source[len(source) - after :] == full[len(full) - after :]


@families
@given(number=st.integers(0, 999), limit=st.integers(4, 40))
@settings(max_examples=30)
def test_long_summaries_lose_only_their_end_and_still_stop(name: str, number: int, limit: int) -> None:
    summary = tiny.conversation(number)["summary"]
    full = make_encoder(name).target(summary)
    cut = make_encoder(name, max_target_tokens=limit).target(summary)
    assert len(cut) == min(len(full), limit)
    assert cut[:-1] == full[: len(cut) - 1]
    assert cut[-1] == full[-1]


@families
@given(number=st.integers(0, 999), beyond=st.integers(-3, 3))
@settings(max_examples=30, deadline=None)
def test_a_summary_is_counted_as_cut_exactly_where_it_is_cut(name: str, number: int, beyond: int) -> None:
    summary = tiny.conversation(number)["summary"]
    whole = make_encoder(name).target(summary)
    encoder = make_encoder(name, max_target_tokens=len(whole) - beyond)
    (count,) = encoder.count_targets([summary])
    assert count == len(whole)
    assert (count > encoder.prompt.max_target_tokens) == (encoder.target(summary) != whole) == (beyond > 0)


@families
def test_check_says_how_many_summaries_training_will_cut(name: str, tmp_path: Path) -> None:
    rows = [tiny.conversation(number) for number in range(40)]
    path = tiny.write_jsonl(tmp_path / "a.jsonl", 40)
    whole = [make_encoder(name).target(row["summary"]) for row in rows]
    for limit in sorted({len(ids) for ids in whole}):
        encoder = make_encoder(name, max_target_tokens=limit)
        cut = sum(encoder.target(row["summary"]) != ids for row, ids in zip(rows, whole, strict=True))
        issues = check(DataConfig(path=str(path)), encoder, ModelConfig(max_target_tokens=limit)).issues
        said = [issue.message for issue in issues if issue.code == "summary_truncated"]
        assert [f"({cut} of 40)" in message for message in said] == [True] * bool(cut)


def test_a_tokenizer_without_end_mark_is_refused() -> None:
    endless = tiny.tokenizer()
    endless.eos_token = None
    with pytest.raises(ModelError, match="end-of-sequence"):
        Encoder(endless, default_prompt(False, "llama", 16, 16), False)


def test_only_single_line_summaries_end_at_a_line_break() -> None:
    one = Prompt("", "", "", 64, 64, single_line=True)
    many = Prompt("", "", "", 64, 64, single_line=False)
    tok = TOKENIZERS["gemma"]
    line_break = tok("\n", add_special_tokens=False).input_ids[0]
    assert line_break in Encoder(tok, one, False).end_ids
    assert Encoder(tok, many, False).end_ids == [tok.eos_token_id]


def test_counting_is_done_before_truncation() -> None:
    encoder = make_encoder("gemma", max_source_tokens=3)
    text = tiny.conversation(3)["dialogue"]
    assert encoder.count([text, ""]) == [len(TOKENIZERS["gemma"](text, add_special_tokens=False).input_ids), 0]
    assert encoder.count([]) == []
