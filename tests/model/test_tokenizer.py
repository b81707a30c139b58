"""The cached tokenizer behaves like the tokenizer of transformers."""

from dataclasses import replace

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from sumtune.model import tokenizer as module
from sumtune.model.cached_tokenizer import CachedTokenizer
from sumtune.model.load import load_tokenizer
from sumtune.model.tokenizer import load_encoder
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

PROMPT = Prompt("Read: ", "\nTL;DR:", "", max_source_tokens=200, max_target_tokens=20)
NAMES = ("gemma", "t5")

texts = st.text(max_size=60) | st.text(st.sampled_from("Ann Ben:,.!?'\n\t </s><s>é🙂")) | st.just("</s> <s>")


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def _no_slow_one(monkeypatch):
    def refuse(_folder):
        raise AssertionError("the slow tokenizer was loaded")

    monkeypatch.setattr(module, "load_tokenizer", refuse)


@pytest.fixture(scope="module")
def encoders(tiny_models):
    """For each model, the encoder with the tokenizer of transformers, and the one with the cached tokenizer."""
    pairs = {name: (load_encoder(tiny_models[name], PROMPT), load_encoder(tiny_models[name], PROMPT)) for name in NAMES}
    for slow, quick in pairs.values():
        assert not isinstance(slow.tokenizer, CachedTokenizer)
        assert isinstance(quick.tokenizer, CachedTokenizer)
    return pairs


@pytest.mark.parametrize("name", NAMES)
@given(dialogue=texts, summary=texts)
def test_every_text_becomes_the_same_ids_and_is_read_back_alike(encoders, name, dialogue, summary):
    slow, quick = encoders[name]
    assert quick.encode(dialogue, summary) == slow.encode(dialogue, summary)
    assert quick.decode(slow.source(dialogue)) == slow.decode(slow.source(dialogue))
    assert quick.count([dialogue, summary]) == slow.count([dialogue, summary])


@pytest.mark.parametrize("name", NAMES)
def test_the_family_and_the_marks_are_the_same(encoders, name):
    slow, quick = encoders[name]
    assert (quick.is_encoder_decoder, quick.overhead, quick.end_ids) == (
        slow.is_encoder_decoder, slow.overhead, slow.end_ids,
    )  # fmt: skip
    assert quick.tokenizer.pad_token_id == slow.tokenizer.pad_token_id
    assert sorted(quick.tokenizer.all_special_ids) == sorted(slow.tokenizer.all_special_ids)
    tokens = slow.tokenizer.convert_ids_to_tokens(list(range(len(slow.tokenizer))))
    assert quick.tokenizer.convert_ids_to_tokens(range(len(quick.tokenizer))) == tokens
    assert quick.tokenizer.convert_tokens_to_ids(tokens) == slow.tokenizer.convert_tokens_to_ids(tokens)


@pytest.mark.usefixtures("_no_slow_one", "encoders")
def test_another_prompt_uses_the_cached_tokenizer(tiny_models):
    assert load_encoder(tiny_models["t5"], replace(PROMPT, before="")).prompt.before == ""


@pytest.mark.parametrize("damage", [b"", b"{", b'{"model": 1}'])
@pytest.mark.parametrize("file", ["facts.json", "tokenizer.json"])
def test_an_unreadable_cached_tokenizer_is_not_used(tiny_models, encoders, tmp_path, monkeypatch, file, damage):
    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path))
    load_encoder(tiny_models["gemma"], PROMPT)
    (kept,) = tmp_path.glob(f"tokenizers/*/{file}")
    kept.write_bytes(damage)
    assert load_encoder(tiny_models["gemma"], PROMPT).source("Ann: Hi") == encoders["gemma"][0].source("Ann: Hi")


def test_a_replaced_tokenizer_is_noticed(tiny_models, tmp_path):
    folder = tiny.save_model("llama", tmp_path / "model")
    load_encoder(folder, PROMPT)
    before = load_encoder(folder, PROMPT).source("Ann: Hi there")
    other = load_tokenizer(folder)
    other.add_tokens(["there"])
    other.save_pretrained(folder)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"vocab_size": 400', '"vocab_size": 401'))
    assert load_encoder(folder, PROMPT).source("Ann: Hi there") != before


def test_a_tokenizer_with_behaviour_beyond_its_file_is_not_cached(tiny_models, tmp_path, monkeypatch):
    class Shouting(PreTrainedTokenizerFast):
        def decode(self, *arguments, **options):
            return super().decode(*arguments, **options).upper()

    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "load_tokenizer", lambda folder: Shouting.from_pretrained(folder))
    for _ in range(2):
        encoder = load_encoder(tiny_models["gemma"], PROMPT)
        assert isinstance(encoder, Encoder)
        assert isinstance(encoder.tokenizer, Shouting)
