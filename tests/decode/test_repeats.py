"""No engine writes a sequence of tokens or words twice in a summary if it is told not to; dialogues may be repeated."""

from dataclasses import replace
from itertools import product

import pytest
import tiny
import torch
from transformers import NoRepeatNGramLogitsProcessor

from sumtune.config import DecodeConfig
from sumtune.decode.repeats import TOKENS_PER_WORD, Repeats
from sumtune.decode.search_settings import SearchSettings
from sumtune.text.encode import Encoder
from sumtune.text.repeats import longest_repeat
from sumtune.text.word_starts import word_starts

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
        Repeats(tokens=size).forbid(logits, written)
        assert torch.equal(logits, expected)
    assert expected.isinf().any()


def test_size_zero_forbids_nothing():
    logits = torch.zeros(1, 3)
    Repeats(starts=torch.ones(3).bool()).forbid(logits, torch.tensor([[1, 1, 1]]))
    assert not logits.any()


def words_of(ids, starts):
    """Return the words of `ids`, each a tuple of tokens; `starts` says which tokens start one."""
    words = []
    for token in ids:
        if not words or starts[token]:
            words.append(())
        words[-1] += (token,)
    return words


def forbidden_slowly(ids, starts, size):
    words = words_of(ids, starts)
    last = words[len(words) - size + 1 :]
    if len(words) < size or len(sum(last, ())) > TOKENS_PER_WORD * len(last):
        return set()
    following = {words[at + size - 1][0] for at in range(len(words) - size + 1) if words[at : at + size - 1] == last}
    return {token for token in following if starts[token]}


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("starts", [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], ids=str)
def test_the_words_that_would_repeat_a_sequence_are_forbidden(size, starts):
    generator = torch.Generator().manual_seed(size)
    repeats, found = Repeats(words=size, starts=torch.tensor(starts).bool()), 0
    for length in range(1, 160):
        written = torch.randint(4, (4, length), generator=generator)
        written[0] = torch.arange(length) % 4  # a loop
        logits = torch.zeros(4, 5)
        repeats.forbid(logits, written)
        for row, ids in zip(logits, written.tolist(), strict=True):
            wanted = forbidden_slowly(ids, starts, size)
            assert {token for token in range(5) if row[token] == -torch.inf} == wanted
            found += len(wanted)
    assert (found > 0) == any(starts)


NAMED = "Oluwaseun Adeyemi calls on Wednesday at 10:30. Bo visits"
AGAIN = " Oluwaseun Adeyemi"


def test_names_may_recur_however_many_tokens_they_have():
    tokenizer = tiny.tokenizer()
    before, name = (tokenizer(text, add_special_tokens=False).input_ids for text in (f" {NAMED}", AGAIN))
    assert len(name) > 8
    assert before[: len(name)] == name
    starts = torch.tensor(word_starts(tokenizer, len(tokenizer)))
    for size, is_allowed in ((3, True), (2, False)):
        repeats = Repeats(words=size, starts=starts)
        allowed = []
        for at, token in enumerate(name):
            logits = torch.zeros(1, len(tokenizer))
            repeats.forbid(logits, torch.tensor([before + name[:at]]))
            allowed.append(bool(logits[0, token] == 0))
        assert all(allowed) == is_allowed, "two words are the end of a sequence of two"


def test_tokens_that_begin_with_a_space_or_a_line_break_start_a_word():
    tokenizer = tiny.tokenizer()
    ids = tokenizer(" Ana gets bread.\nBen pays.", add_special_tokens=False).input_ids
    starts = word_starts(tokenizer, len(tokenizer) + 3)
    words = ["".join(map(tokenizer.decode, word)) for word in words_of(ids, starts)]
    assert words == [" Ana", " gets", " bread.", "\nBen", " pays."]
    assert len(starts) == len(tokenizer) + 3
    assert not any(starts[-3:])


@pytest.fixture(autouse=True)
def _ids_as_text(monkeypatch):
    monkeypatch.setattr(Encoder, "decode", lambda _, ids: " ".join(map(str, ids)))


@pytest.fixture(autouse=True)
def _even_ids_start_words(monkeypatch):
    monkeypatch.setattr(Encoder, "word_starts", [token % 2 == 0 for token in range(1000)])


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


@pytest.mark.parametrize(("name", "engine"), [pair for pair in ENGINES if pair[1] != "ctranslate2"])
def test_no_engine_that_counts_words_repeats_them(shared, dialogues, name, engine):
    for beams in (1, 3):
        free, kept = (
            shared(name, engine, prompt=LONG, no_repeat_ngram_size=0, no_repeat_words=size).with_beams(beams)
            for size in (0, 2)
        )
        starts = free._encoder.word_starts
        longest = [max(longest_repeat(words_of(ids, starts)) for ids in ids_of(one, dialogues)) for one in (free, kept)]
        assert longest[0] >= 2 > longest[1], "free summaries must repeat words, or this test could not fail"
        assert kept.decoding["no_repeat_words"] == 2


def test_engines_agree_on_the_words_that_they_write_instead(shared, dialogues):
    for name, beams in product(("gemma", "llama"), (1, 3)):
        one, other, free = (
            shared(name, engine, prompt=LONG, no_repeat_ngram_size=0, no_repeat_words=size).with_beams(beams)
            for engine, size in (("native", 2), ("torch", 2), ("torch", 0))
        )
        written = one.summarize(dialogues)
        assert written == other.summarize(dialogues)
        assert written != free.summarize(dialogues), "or this test could not fail"


def test_ctranslate2_does_not_say_that_it_counts_words(shared):
    assert shared("llama", "ctranslate2", prompt=LONG, no_repeat_words=2).decoding["no_repeat_words"] == 0


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
    prompt = replace(PROMPT, no_repeat_ngram_size=7, no_repeat_words=5)
    wanted = {("auto", "auto"): (7, 5), ("auto", 0): (7, 0), ("auto", 3): (7, 3), (0, "auto"): (0, 0), (0, 3): (0, 3),
              (4, "auto"): (4, 0)}  # fmt: skip
    for (tokens, words), sizes in wanted.items():
        found = SearchSettings.of(DecodeConfig(no_repeat_ngram_size=tokens, no_repeat_words=words), prompt)
        assert (found.no_repeat_ngram_size, found.no_repeat_words) == sizes
