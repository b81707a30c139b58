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
                                              *product(KNOWN["ctranslate2"], ["ctranslate2"])])  # fmt: skip
def test_engines_agree_on_what_they_write_instead(shared, dialogues, name, engine):
    for beams in (1, 3) if engine == "native" else (1,):  # with beams, CTranslate2 raises the chances of other tokens
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


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize(("name", "engine"), [pair for pair in ENGINES if pair != ("gemma", "ctranslate2")])
def test_what_a_dialogue_says_is_no_repeat_and_no_other_dialogue_matters(
    shared, dialogues, name, engine, beams, monkeypatch
):
    summarizer = shared(name, engine, no_repeat_ngram_size=2, prompt=LONG).with_beams(beams)
    prompts = [[*summarizer._encoder.source(dialogue)] for dialogue in dialogues]
    (first,) = ids_of(summarizer, dialogues[1:2])
    prompts[1] = [*prompts[1][:-1], *first[:8], prompts[1][-1]]
    by_text = dict(zip(dialogues, prompts, strict=True))
    monkeypatch.setattr(Encoder, "sources", lambda _, texts, _styles=None: [tuple(by_text[text]) for text in texts])
    free = shared(name, engine, no_repeat_ngram_size=0, prompt=LONG).with_beams(beams)
    alone = [ids_of(summarizer, [dialogue])[0] for dialogue in dialogues]
    assert ids_of(summarizer, dialogues) == alone
    if beams == 1:
        for ids, loose in zip(alone, ids_of(free, dialogues), strict=True):
            new = next((end for end in range(len(loose) + 1) if longest_repeat(loose[:end]) >= 2), len(loose) + 1) - 1
            assert ids[:new] == loose[:new], "the first repeat is the first difference"


@pytest.mark.parametrize("beams", [1, 3])
def test_summaries_that_end_early_leave_the_others_as_they_are(make, dialogues, beams, monkeypatch):
    ends = list(range(5, 30))
    monkeypatch.setattr(Encoder, "end_ids", property(lambda self: [self.tokenizer.eos_token_id, *ends]))
    summarizer = make("llama", "native", beams=beams, prompt=LONG, no_repeat_ngram_size=2)
    many = [*dialogues, *(tiny.conversation(number)["dialogue"] for number in range(40, 52))]
    together, alone = summarizer.summarize(many), [summarizer.summarize([one])[0] for one in many]
    assert together == alone
    assert len({one.tokens for one in together}) > 3, "summaries must end at different times"


def test_the_training_summaries_decide_what_the_settings_leave_open():
    prompt = replace(PROMPT, no_repeat_ngram_size=7)
    sizes = {given: SearchSettings.of(DecodeConfig(no_repeat_ngram_size=given), prompt) for given in ("auto", 0, 4)}
    assert {given: one.no_repeat_ngram_size for given, one in sizes.items()} == {"auto": 7, 0: 0, 4: 4}
