"""No engine writes a sequence of tokens twice in a summary if it is told not to; the dialogue may be repeated."""

from dataclasses import replace
from itertools import product

import pytest
import tiny
import torch
from transformers import NoRepeatNGramLogitsProcessor

from sumtune.config import DecodeConfig
from sumtune.decode.repeats import forbid_repeats
from sumtune.decode.search_settings import SearchSettings
from sumtune.text.encode import Encoder
from sumtune.text.repeats import longest_repeat

from .conftest import PROMPT, with_limit

LONG = with_limit(40)
KNOWN = {"torch": ("gemma", "llama", "gpt2", "t5", "bart"), "ctranslate2": ("gemma", "gpt2", "t5", "bart"),
         "native": ("gemma", "llama")}  # fmt: skip
ENGINES = [(name, engine) for engine, names in KNOWN.items() for name in names]


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_tokens_that_transformers_forbids_are_forbidden(size):
    generator = torch.Generator().manual_seed(size)
    for length in range(1, 30):
        written = torch.randint(3, (6, length), generator=generator)
        logits = torch.randn(6, 4, generator=generator)
        expected = NoRepeatNGramLogitsProcessor(size)(written, logits)
        forbid_repeats(logits, written, size)
        assert torch.equal(logits, expected)
    assert expected.isinf().any()


def test_size_zero_forbids_nothing():
    logits = torch.zeros(1, 3)
    forbid_repeats(logits, torch.tensor([[1, 1, 1]]), 0)
    assert not logits.any()


@pytest.fixture(autouse=True)
def _ids_as_text(monkeypatch):
    monkeypatch.setattr(Encoder, "decode", lambda _, ids: " ".join(map(str, ids)))


def ids_of(summarizer, dialogues):
    """Return the token ids of each summary."""
    return [[int(token) for token in one.text.split()] for one in summarizer.summarize(dialogues)]


@pytest.mark.parametrize(("name", "engine"), ENGINES)
def test_no_engine_repeats_what_is_forbidden(shared, dialogues, name, engine):
    for beams in (1, 3):
        free, kept = (shared(name, engine, prompt=LONG, no_repeat_ngram_size=size).with_beams(beams) for size in (0, 2))
        assert max(map(longest_repeat, ids_of(free, dialogues))) >= 2, "or this test could not fail"
        assert max(map(longest_repeat, ids_of(kept, dialogues))) < 2
        assert kept.decoding["no_repeat_ngram_size"] == 2


@pytest.mark.parametrize(("name", "engine"), [*product(("gemma", "llama"), ["native"]),
                                              *product(("gpt2", "t5", "bart"), ["ctranslate2"])])  # fmt: skip
def test_engines_agree_on_what_they_write_instead(shared, dialogues, name, engine):
    # CTranslate2 also counts the last token of the prompt, and with beams, it raises the chances of other tokens
    for beams in (1, 3) if engine == "native" else (1,):
        one, other, free = (
            shared(name, kind, prompt=LONG, no_repeat_ngram_size=size).with_beams(beams)
            for kind, size in ((engine, 3), ("torch", 3), ("torch", 0))
        )
        written = one.summarize(dialogues)
        assert written == other.summarize(dialogues)
        assert written != free.summarize(dialogues), "or this test could not fail"


@pytest.mark.parametrize("engine", ["ctranslate2", "native"])
def test_a_stream_forbids_the_same_repeats(shared, dialogues, engine):
    summarizer, pieces = shared("llama", engine, prompt=LONG, no_repeat_ngram_size=2), {}
    written = summarizer.stream(dialogues, lambda at, piece: pieces.setdefault(at, []).append(piece))
    assert written == summarizer.summarize(dialogues)
    assert ["".join(pieces[at]) for at in range(len(dialogues))] == [one.text for one in written]


@pytest.mark.parametrize("engine", ["torch", "ctranslate2", "native"])
def test_words_of_the_dialogue_may_be_written(shared, engine):
    dialogue = tiny.conversation(7)["dialogue"]
    free, kept = (shared("llama", engine, no_repeat_ngram_size=size, prompt=PROMPT) for size in (0, 2))
    (ids,) = ids_of(free, [dialogue])
    once = ids[: next((at for at in range(2, len(ids) + 1) if longest_repeat(ids[:at]) >= 2), len(ids) + 1) - 1]
    echo = free._encoder.decode(once)
    assert len(once) >= 3
    (alone,), (echoed,) = (ids_of(kept, [text]) for text in (dialogue, f"{dialogue}\n{echo}"))
    free_echoed = ids_of(free, [f"{dialogue}\n{echo}"])[0]
    first_repeat = next((at for at in range(2, len(free_echoed) + 1) if longest_repeat(free_echoed[:at]) >= 2), 13)
    assert alone[: len(once)] == once
    assert echoed[: first_repeat - 1] == free_echoed[: first_repeat - 1], "what the dialogue says is no repeat"


def test_the_training_summaries_decide_what_the_settings_leave_open():
    prompt = replace(PROMPT, no_repeat_ngram_size=7)
    sizes = {given: SearchSettings.of(DecodeConfig(no_repeat_ngram_size=given), prompt) for given in ("auto", 0, 4)}
    assert {given: one.no_repeat_ngram_size for given, one in sizes.items()} == {"auto": 7, 0: 0, 4: 4}
