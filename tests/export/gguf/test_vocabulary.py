"""Tokenizers as vocabularies of llama.cpp. That it makes the same tokens is a test in tests/e2e."""

import json

import gguf_models
import pytest
import tiny
from tokenizers import Regex, pre_tokenizers

from sumtune.errors import ModelError
from sumtune.export.gguf import vocabulary as gguf_vocabulary
from sumtune.export.gguf.vocabulary import vocabulary_of

BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
WORDS = pre_tokenizers.ByteLevel(add_prefix_space=False)
DIGITS = pre_tokenizers.Digits(individual_digits=True)


def words(numbers):
    return pre_tokenizers.Split(Regex(gguf_vocabulary.LETTERS + numbers + gguf_vocabulary.REST), "isolated")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ([WORDS], "gpt-2"),
        ([DIGITS, WORDS], "smollm"),
        ([words(r"\p{N}{1,3}"), BYTES], "llama-bpe"),
        ([words(r"\p{N}"), BYTES], "qwen2"),
    ],
)
def test_each_way_to_divide_a_text_has_its_name(parts, name):
    assert vocabulary_of(gguf_models.bytes_tokenizer(*parts), 400).split == name


def test_an_unknown_way_to_divide_a_text_is_refused():
    with pytest.raises(ModelError, match=r"name of this tokenizer.*--to merged"):
        vocabulary_of(gguf_models.bytes_tokenizer(pre_tokenizers.Split(Regex("x+"), "isolated"), BYTES), 400)


def test_every_embedding_has_a_token_and_special_ones_are_marked():
    tok = tiny.chat_tokenizer("chatml")
    tok.add_tokens(["plain"])
    found = vocabulary_of(tok, len(tok) + 3)
    assert len(found.tokens) == len(set(found.tokens)) == len(tok) + 3
    kinds = dict(zip(found.tokens, found.types, strict=True))
    assert {kinds[text] for text in ("<s>", "<|im_end|>")} == {gguf_vocabulary.CONTROL}
    assert kinds["plain"] == gguf_vocabulary.USER_DEFINED
    assert found.types[-3:] == [gguf_vocabulary.UNUSED] * 3
    assert found.kind == "gpt2"
    assert found.merges[0].count(" ") == 1


def test_pieces_merge_in_the_order_of_their_scores():
    tok = gguf_models.pieces_tokenizer()
    found = vocabulary_of(tok, len(tok))
    score = dict(zip(found.tokens, found.scores, strict=True))
    made = ["".join(pair) for pair in json.loads(tok.backend_tokenizer.to_str())["model"]["merges"]]
    scores = [score[token] for token in dict.fromkeys(made)]
    assert found.kind == "llama"
    assert scores == sorted(scores, reverse=True)
    assert found.types[tok.convert_tokens_to_ids("<0x0A>")] == gguf_vocabulary.BYTE
    assert found.types[tok.unk_token_id] == gguf_vocabulary.UNKNOWN
    assert found.types[tok.eos_token_id] == gguf_vocabulary.CONTROL
    assert not found.adds_space
