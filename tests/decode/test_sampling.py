"""Sampled candidates: repeatable, distributed as the model says, and within the rules of `summarize`."""

from collections import Counter
from dataclasses import replace
from math import isclose

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st

from sumtune.decode.native import sampler
from sumtune.decode.native.shortlist import word_token_ids
from sumtune.decode.sampling import choose, top_tokens, uniforms
from sumtune.model.load import load_base
from sumtune.summarizer import SamplingSettings, SamplingSummarizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import StyledTexts

from .conftest import PROMPT

SETTINGS = SamplingSettings(count=3, temperature=0.9, top_k=20, seed=7, max_tokens=12)
pytestmark = pytest.mark.filterwarnings("error::FutureWarning")  # users would see it
KNOWN = [("gemma", "native"), ("llama", "native"), ("gemma", "torch"), ("gpt2", "torch"), ("t5", "torch"),
         ("bart", "torch"), ("gemma", "ctranslate2"), ("t5", "ctranslate2")]  # fmt: skip
known = pytest.mark.parametrize(("name", "engine"), KNOWN)
scored = pytest.mark.parametrize(("name", "engine"), [pair for pair in KNOWN if pair[1] != "ctranslate2"])


def encoder_of(name):
    return Encoder(tiny.tokenizer(name == "t5"), PROMPT, name in ("t5", "bart"))


def sampled(summarizer, sources, settings=SETTINGS):
    return summarizer.sample(sources, settings)


@pytest.mark.e2e
@known
def test_candidates_depend_only_on_seed_and_source(shared, make, dialogues, name, engine):
    summarizer, sources = shared(name, engine), encoder_of(name).sources(dialogues)
    assert isinstance(summarizer, SamplingSummarizer)
    together = sampled(summarizer, sources)
    assert [sampled(summarizer, [source])[0] for source in sources] == together
    assert sampled(make(name, engine, batch_tokens=150), sources[::-1] * 2) == together[::-1] * 2
    assert sampled(summarizer, sources, replace(SETTINGS, seed=8)) != together
    assert any(len(set(candidates)) > 1 for candidates in together), "or this test could not fail"


@known
def test_more_candidates_and_a_lower_limit_keep_the_first_tokens(shared, dialogues, name, engine):
    summarizer, sources = shared(name, engine), encoder_of(name).sources(dialogues)
    few = sampled(summarizer, sources)
    more = sampled(summarizer, sources, replace(SETTINGS, count=5, max_tokens=4))
    for some, many in zip(few, more, strict=True):
        assert (len(some), len(many)) == (3, 5)
        assert [one[:4] for one in some] == many[:3]
    limited = sampled(summarizer, sources, replace(SETTINGS, max_tokens=1000))
    assert limited == few, "the limit of the prompt holds nevertheless"


@known
@pytest.mark.parametrize("settings", [replace(SETTINGS, temperature=1e-4), replace(SETTINGS, top_k=1)])
def test_without_chance_every_candidate_is_the_greedy_summary(shared, dialogues, name, engine, settings):
    summarizer, encoder = shared(name, engine), encoder_of(name)
    for one, ids in zip(summarizer.summarize(dialogues), sampled(summarizer, encoder.sources(dialogues), settings),
                        strict=True):  # fmt: skip
        assert len(set(ids)) == 1
        assert (encoder.decode(ids[0]), len(ids[0])) == (one.text, one.tokens)


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_native_samples_what_torch_samples(shared, dialogues, name):
    sources = encoder_of(name).sources(dialogues)
    fast, slow = (
        shared(name, engine, shortlist=None).sample_scored(sources, SETTINGS) for engine in ("native", "torch")
    )
    for some, others in zip(fast, slow, strict=True):
        assert [(one.ids, one.ended) for one in some] == [(one.ids, one.ended) for one in others]
        for one, other in zip(some, others, strict=True):
            assert isclose(one.log_probability, other.log_probability, rel_tol=1e-4, abs_tol=1e-3)


def test_int8_candidates_do_not_depend_on_the_batch(shared, dialogues):
    engine, sources = shared("gemma", "native", quantization="int8"), encoder_of("gemma").sources(dialogues)
    settings = replace(SETTINGS, count=8)
    together = engine.sample_scored(sources, settings)
    for source, samples in zip(sources, together, strict=True):
        (alone,) = engine.sample_scored([source], settings)
        assert [one.ids for one in alone] == [one.ids for one in samples]


@pytest.mark.parametrize(("rows", "width"), [(1, 64), (3, 64), (64, 1), (7, 16)])
def test_the_size_of_batches_and_of_padding_changes_nothing(shared, dialogues, rows, width, monkeypatch):
    engine, sources = shared("gemma", "native"), encoder_of("gemma").sources(dialogues)
    expected = sampled(engine, sources)
    monkeypatch.setattr(sampler, "ROWS", rows)
    monkeypatch.setattr(sampler, "WIDTH", width)
    assert sampled(engine, sources) == expected


def slow_log_probability(model, encoder, source, sample):
    """Return the sum of log-probabilities of a candidate, read in one pass by the model without a cache."""
    targets = [*sample.ids, encoder.end_ids[0]] if sample.ended else list(sample.ids)
    if encoder.is_encoder_decoder:
        start = [model.config.decoder_start_token_id, *targets[:-1]]
        logits = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([start])).logits[0]
    else:
        logits = model(torch.tensor([[*source, *targets[:-1]]])).logits[0, len(source) - 1 :].clone()
        logits[0, encoder.end_ids] = -torch.inf  # a summary has at least one token
    return float(logits.log_softmax(-1).gather(-1, torch.tensor(targets)[:, None]).sum())


@scored
@torch.no_grad()
def test_log_probabilities_are_those_of_a_slow_reading(shared, sharp_models, dialogues, name, engine):
    if name == "bart":
        pytest.skip("its generation settings force the first and the last token")
    encoder, model = encoder_of(name), load_base(sharp_models[name], torch.float32)
    sources = encoder.sources(dialogues)
    for source, samples in zip(sources, shared(name, engine).sample_scored(sources, SETTINGS), strict=True):
        for one in samples:
            expected = slow_log_probability(model, encoder, source, one)
            assert isclose(one.log_probability, expected, rel_tol=1e-4, abs_tol=2e-3)


@pytest.mark.parametrize(("name", "engine"), [("gemma", "native"), ("gemma", "torch"), ("t5", "torch")])
@torch.no_grad()
def test_tokens_are_distributed_as_the_softmax_of_the_most_probable(make, tiny_models, name, engine):
    from scipy.stats import chisquare  # importing it takes half a second in every process that collects tests

    encoder, settings = encoder_of(name), SamplingSettings(4000, 0.7, 10, seed=1, max_tokens=2)
    summarizer, model = make(tiny_models[name], engine), load_base(tiny_models[name], torch.float32)
    (source,) = encoder.sources(["Ana: Hi. Ben: Bread?"])
    (samples,) = summarizer.sample_scored([source], settings)
    first, second = Counter(one.ids[0] for one in samples if one.ids), Counter()
    (common, _), *_ = first.most_common(1)
    second = Counter((*one.ids, encoder.end_ids[0])[1] for one in samples if one.ids[:1] == (common,))
    for counts, before in ((first, []), (second, [common])):
        if encoder.is_encoder_decoder:
            start = torch.tensor([[model.config.decoder_start_token_id, *before]])
            logits = model(input_ids=torch.tensor([source]), decoder_input_ids=start).logits[0, -1].double()
        else:
            logits = model(torch.tensor([[*source, *before]])).logits[0, -1].double()
        if not before:
            logits[encoder.end_ids] = -torch.inf
        best = (logits / settings.temperature).topk(settings.top_k)
        expected = dict(zip(best.indices.tolist(), best.values.softmax(-1).tolist(), strict=True))
        assert counts.keys() <= expected.keys()
        total = sum(counts.values())
        found = chisquare([counts[token] for token in expected], [total * share for share in expected.values()])
        assert found.pvalue > 0.001


@scored
def test_candidates_end_where_summaries_end(shared, dialogues, name, engine):
    encoder = encoder_of(name)
    (everything,) = zip(*shared(name, engine).sample_scored(encoder.sources(dialogues),
                                                            replace(SETTINGS, count=1, temperature=50.0, top_k=400)),
                        strict=True)  # fmt: skip
    for one in everything:
        assert len(one.ids) <= 12
        assert not set(one.ids) & set(encoder.end_ids)
        assert one.ended or len(one.ids) == 12
        assert one.log_probability < 0
    assert encoder.is_encoder_decoder or all(one.ids for one in everything)


def test_a_single_line_prompt_ends_candidates_at_line_breaks(make, dialogues):
    wild = replace(SETTINGS, count=64, temperature=50.0, top_k=400)
    (line_break,) = tiny.tokenizer()("\n", add_special_tokens=False).input_ids
    sources = encoder_of("gemma").sources(dialogues)
    many, single = (
        [one for samples in make("gemma", "native", prompt=prompt).sample_scored(sources, wild) for one in samples]
        for prompt in (PROMPT, replace(PROMPT, single_line=True))
    )
    assert any(line_break in one.ids for one in many)
    assert not any(line_break in one.ids for one in single)
    assert sum(one.ended for one in many) < sum(one.ended for one in single)


def test_no_token_outside_the_vocabulary_of_the_dialogue_is_sampled(make, polyglot, monkeypatch):
    monkeypatch.setattr(sampler, "WIDTH", 256)  # both dialogues in one batch
    dialogues = [
        "Ana: Hi Ben, who will get the bread and the tickets for us on Monday?\nBen: I can do it with you.",
        "Cem: Hello, did you see the new lamps and flowers in the park?\nDora: No, I was at home with the books.",
    ]
    engine = make(polyglot, "native", shortlist=300)
    encoder = engine._encoder
    sources, listed = encoder.sources(dialogues), set(engine._output._listed.tolist())
    own = [word_token_ids(encoder.tokenizer, text).union(ids) for text, ids in zip(dialogues, sources, strict=True)]
    assert own[0] - own[1] - listed, "or the second dialogue could not borrow a token of the first"
    wild = SamplingSettings(20, 50.0, 1500, seed=0, max_tokens=12)
    for samples, allowed in zip(engine.sample_scored(sources, wild), own, strict=True):
        assert {token for one in samples for token in one.ids} <= listed | allowed
    (whole, _) = make(polyglot, "native", shortlist=None).sample_scored(sources, wild)
    assert not {token for one in whole for token in one.ids} <= listed | own[0], "or this test could not fail"


@pytest.mark.parametrize(("name", "engine"), [("llama", "native"), ("gemma", "native"), ("llama", "torch")])
def test_candidates_that_end_early_change_no_others(make, dialogues, monkeypatch, name, engine):
    ends = list(range(4, 400, 3))
    monkeypatch.setattr(Encoder, "end_ids", property(lambda self: [self.tokenizer.eos_token_id, *ends]))
    summarizer, sources = make(name, engine), encoder_of(name).sources(dialogues)
    settings = replace(SETTINGS, count=4, temperature=5.0, top_k=100)
    together = summarizer.sample_scored(sources, settings)
    assert len({max(len(one.ids) for one in samples) for samples in together}) > 2, "or no dialogue ends first"
    for source, samples in zip(sources, together, strict=True):
        (alone,) = summarizer.sample_scored([source], settings)
        assert [(one.ids, one.ended) for one in alone] == [(one.ids, one.ended) for one in samples]


def test_the_dialogue_is_what_was_encoded():
    styled = replace(PROMPT, styled=StyledTexts("Talk:", "\nTL;DR {style}:", ("brief",)))
    for prompt in (PROMPT, styled):
        for is_encoder_decoder in (False, True):
            encoder = Encoder(tiny.tokenizer(), prompt, is_encoder_decoder)
            text = "Ana: Hi.\nBen: Bread?"
            assert encoder.dialogue(encoder.source(text)) == text
            assert encoder.dialogue(encoder.source(text, "brief")) == text


@given(st.integers(1, 40), st.integers(1, 3), st.sampled_from([5, 640, 3000, 5003]), st.integers(0, 99))
def test_the_most_probable_tokens_are_those_of_topk(count, rows, columns, seed):
    logits = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    logits[:, ::7] = -torch.inf
    expected = logits.topk(min(count, columns), -1)
    values, places = top_tokens(logits, count)
    assert torch.equal(values, expected.values)
    assert torch.equal(logits.gather(1, places), values)


def test_an_impossible_token_is_never_chosen():
    best = torch.tensor([[1.0, 0.5, -torch.inf, -torch.inf]])
    for point in (0.0, 0.5, 1 - 2**-53):
        for temperature in (1e-3, 1.0, 1e6):
            assert choose(best, torch.tensor([point], dtype=torch.float64), temperature) <= 1


def test_random_numbers_of_candidates_and_sources_are_unlike():
    settings = SamplingSettings(50, 1.0, 1, seed=3, max_tokens=40)
    numbers = torch.cat([uniforms(source, settings) for source in ([1, 2], [12], [1, 2, 3])])
    assert len(numbers.unique()) == numbers.numel()
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(float(numbers.mean()) - 0.5) < 0.02


@pytest.mark.parametrize("wrong", [{"count": 0}, {"temperature": 0.0}, {"temperature": float("nan")}, {"top_k": 0},
                                   {"max_tokens": 0}])  # fmt: skip
def test_settings_without_meaning_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        SamplingSettings(**(vars(SETTINGS) | wrong))
