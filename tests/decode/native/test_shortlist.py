"""English summaries use listed tokens and those of their dialogue; others use the whole vocabulary."""

from functools import partial

import pytest
import tiny
import torch
from torch.nn.functional import linear

from sumtune.decode.native.output_layer import OutputLayer
from sumtune.decode.native.shortlist import frequent_ids, shortlist_ids, word_token_ids
from sumtune.model.load import load_tokenizer
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.text.encode import Encoder

from ..conftest import PROMPT


def plain(weight):
    return partial(linear, weight=weight)


def output_layer(weight, frequent):
    chosen = torch.tensor(frequent) if frequent else None
    return OutputLayer(weight, plain, chosen, plain(weight[chosen] if frequent else weight))


@pytest.fixture
def weight():
    return torch.randn(40, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kept", [[0, 1, 2], [0, 2], [1]])
def test_each_dialogue_has_the_frequent_tokens_and_its_own(weight, kept):
    allowed, frequent = [{1, 30, 31}, {35}, {2, 3}], [*range(10), 39]
    vocabulary = output_layer(weight, frequent).batch_vocabulary(allowed)
    vocabulary.keep(torch.tensor(kept))
    rows = torch.randn(2 * len(kept), 8, generator=torch.Generator().manual_seed(1))  # two of each dialogue
    logits, expected = vocabulary.logits(rows), rows @ weight.T
    for row in range(len(rows)):
        finite = logits[row].isfinite()
        assert set(vocabulary.ids[finite].tolist()) == allowed[kept[row // 2]].union(frequent)
        torch.testing.assert_close(logits[row, finite], expected[row, vocabulary.ids[finite]])


def test_columns_are_where_ids_stand(weight):
    vocabulary = output_layer(weight, [*range(10), 39]).batch_vocabulary([{20, 25}])
    assert vocabulary.ids[vocabulary.columns([39, 4, 25])].tolist() == [4, 39, 25]


@pytest.mark.parametrize("listed", [None, [*range(10), 39], [3]])
def test_the_whole_vocabulary_has_every_token(weight, listed, monkeypatch):
    monkeypatch.setattr("sumtune.decode.native.output_layer.ROWS_AT_ONCE", 7)
    vocabulary = output_layer(weight, listed).whole_vocabulary()
    vocabulary.keep(torch.tensor([1]))
    hidden = torch.ones(2, 8)
    assert sorted(vocabulary.ids.tolist()) == list(range(40))
    torch.testing.assert_close(vocabulary.logits(hidden), (hidden @ weight.T)[:, vocabulary.ids])


def test_frequent_are_the_first_single_characters_and_marks():
    tokenizer = tiny.tokenizer()
    found = frequent_ids(tokenizer, 12)
    assert found[:12] == list(range(12))
    assert set(tokenizer.all_special_ids) <= set(found)
    for text in "aZ,.?":
        assert set(tokenizer(text, add_special_tokens=False).input_ids) <= set(found)
    assert len(found) < len(tokenizer)


def test_words_stand_after_a_space_in_each_spelling():
    tokenizer = tiny.tokenizer()
    expected = {
        token
        for form in (" Ana", " ana", " HI", " hi", " Hi")
        for token in tokenizer(form, add_special_tokens=False).input_ids
    }
    assert word_token_ids(tokenizer, "Ana: HI!\nana, hi?") == expected


@pytest.mark.parametrize("beams", [1, 3])
def test_a_shortlist_changes_what_is_written_but_not_by_the_batch(make, dialogues, beams):
    whole = make("llama", "native", beams=beams, shortlist=None).summarize(dialogues)
    short = make("llama", "native", beams=beams, shortlist=1)
    together = short.summarize(dialogues)
    assert together != whole, "or this test could not fail"
    assert together == [short.summarize([dialogue])[0] for dialogue in dialogues]
    assert make("llama", "native", beams=beams, shortlist=10**6).summarize(dialogues) == whole


SHORT = 450
"""Number of English tokens among the 1,500 tokens of the model with seven languages."""
FOREIGN = {language: pairs[:2] for language, pairs in tiny.foreign_pairs().items()}
MIXED = [pair[0] for pairs in FOREIGN.values() for pair in pairs] + [tiny.conversation(7)["dialogue"]]


@pytest.fixture(scope="module")
def encoder(polyglot):
    return Encoder(load_tokenizer(polyglot), PROMPT, is_encoder_decoder=False)


@pytest.fixture
def always_listed(monkeypatch):
    """A function after whose call every dialogue counts as English."""
    return lambda: monkeypatch.setattr("sumtune.decode.native.summarizer.is_english", lambda _texts: True)


@pytest.mark.parametrize(("beams", "quantization"), [(1, "int8"), (3, "float32")])
def test_dialogues_in_other_languages_are_summarized_with_the_whole_vocabulary(
    make, polyglot, always_listed, beams, quantization
):
    options = {"beams": beams, "quantization": quantization}
    whole = make(polyglot, "native", shortlist=None, **options).summarize(MIXED[:-1])
    short = make(polyglot, "native", shortlist=SHORT, **options)
    assert short.summarize(MIXED[:-1]) == whole
    always_listed()
    assert short.summarize(MIXED[:-1]) != whole, "or this test could not fail"


@pytest.mark.parametrize("beams", [1, 3])
def test_languages_in_one_batch_do_not_change_each_other(make, polyglot, beams):
    short = make(polyglot, "native", shortlist=SHORT, beams=beams)
    together = short.summarize(MIXED)
    assert together == [short.summarize([dialogue])[0] for dialogue in MIXED]
    assert short.stream(MIXED, lambda _place, _piece: False) == short.with_beams(1).summarize(MIXED)


@pytest.mark.parametrize("language", ["de", "zh"])
def test_an_adapter_that_learned_another_language_writes_with_the_whole_vocabulary(
    make, polyglot, encoder, save_lora, always_listed, language
):
    adapter = save_lora(polyglot, 0.2)
    SummaryTokens.of([encoder.target(summary) for _, summary in FOREIGN[language]], english=False).save(adapter)
    always_listed()
    short, whole = (make(polyglot, "native", adapter, shortlist=shortlist) for shortlist in (SHORT, None))
    assert short.summarize(MIXED) == whole.summarize(MIXED)


def test_an_adapter_of_which_it_is_not_known_what_it_learned_writes_with_the_whole_vocabulary(
    make, polyglot, save_lora, always_listed
):
    adapter = save_lora(polyglot, 0.2)
    always_listed()
    whole = make(polyglot, "native", adapter, shortlist=None).summarize(MIXED)
    assert make(polyglot, "native", adapter, shortlist=SHORT).summarize(MIXED) != whole, "or this test could not fail"
    (adapter / "summary_tokens.json").unlink()
    assert make(polyglot, "native", adapter, shortlist=SHORT).summarize(MIXED) == whole


@pytest.mark.parametrize("language", ["hi", "ja", "tr"])
def test_every_token_of_training_summaries_and_of_the_dialogue_as_it_stands_is_allowed(
    make, polyglot, encoder, save_lora, always_listed, language
):
    adapter, (*learned, asked) = save_lora(polyglot, 0.2), FOREIGN[language]
    targets = [encoder.target(summary) for _, summary in learned]
    SummaryTokens.of(targets, english=True).save(adapter)
    always_listed()
    (batch,) = make(polyglot, "native", adapter, shortlist=SHORT)._batches([asked[0]], None, None)
    source = encoder.source(asked[0])
    assert batch.vocabulary.logits(torch.ones(1, 32)).isfinite().all()
    allowed = set(batch.vocabulary.ids.tolist())
    assert allowed.issuperset(source)
    assert allowed.issuperset(token for target in targets for token in target)
    assert not set(frequent_ids(encoder.tokenizer, SHORT)).issuperset(source), "or this test could not fail"


def test_greedy_summaries_of_listed_tokens_are_those_of_the_whole_vocabulary(
    make, polyglot, save_lora, always_listed, monkeypatch
):
    monkeypatch.setattr(Encoder, "decode", lambda _self, ids: " ".join(map(str, ids)))
    adapter = save_lora(polyglot, 0.2)
    whole = make(polyglot, "native", adapter, shortlist=None).summarize(MIXED)
    always_listed()
    assert make(polyglot, "native", adapter, shortlist=SHORT).summarize(MIXED) != whole, "or this test could not fail"
    SummaryTokens.of([map(int, one.text.split()) for one in whole], english=True).save(adapter)
    assert make(polyglot, "native", adapter, shortlist=SHORT).summarize(MIXED) == whole


def test_adapters_in_english_and_base_models_have_a_list_others_have_none():
    tokenizer = tiny.tokenizer()
    frequent = frequent_ids(tokenizer, 12)
    assert shortlist_ids(tokenizer, 12, SummaryTokens((), english=True)) == frequent
    assert shortlist_ids(tokenizer, 12, SummaryTokens((0, 390, 395), english=True)) == sorted({*frequent, 390, 395})
    assert shortlist_ids(tokenizer, 12, SummaryTokens((0, 390, 395), english=False)) is None
    assert shortlist_ids(tokenizer, 12, None) is None
    assert shortlist_ids(tokenizer, None, SummaryTokens((), english=True)) is None
