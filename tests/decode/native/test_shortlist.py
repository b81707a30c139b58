"""Summaries are written with frequent tokens and the words of their own dialogue, and with nothing else."""

from functools import partial

import pytest
import tiny
import torch
from torch.nn.functional import linear

from sumtune.decode.native.shortlist import OutputLayer, frequent_ids, ids_of_words


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
    words = output_layer(weight, frequent).words(allowed)
    words.keep(torch.tensor(kept))
    rows = torch.randn(2 * len(kept), 8, generator=torch.Generator().manual_seed(1))  # two of each dialogue
    logits, expected = words.logits(rows), rows @ weight.T
    for row in range(len(rows)):
        finite = logits[row].isfinite()
        assert set(words.ids[finite].tolist()) == allowed[kept[row // 2]].union(frequent)
        torch.testing.assert_close(logits[row, finite], expected[row, words.ids[finite]])


def test_columns_are_where_ids_stand(weight):
    words = output_layer(weight, [*range(10), 39]).words([{20, 25}])
    assert words.ids[words.columns([39, 4, 25])].tolist() == [4, 39, 25]


def test_without_a_shortlist_all_tokens_are_there(weight):
    words = output_layer(weight, None).words([{1}, {2}])
    hidden = torch.ones(2, 8)
    torch.testing.assert_close(words.logits(hidden), hidden @ weight.T)
    assert words.ids.tolist() == list(range(40))


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
    assert ids_of_words(tokenizer, "Ana: HI!\nana, hi?") == expected


@pytest.mark.parametrize("beams", [1, 3])
def test_a_shortlist_changes_what_is_written_but_not_by_the_batch(make, dialogues, beams):
    whole = make("llama", "native", beams=beams, shortlist=None).summarize(dialogues)
    short = make("llama", "native", beams=beams, shortlist=1)
    together = short.summarize(dialogues)
    assert together != whole, "or this test could not fail"
    assert together == [short.summarize([dialogue])[0] for dialogue in dialogues]
    assert make("llama", "native", beams=beams, shortlist=10**6).summarize(dialogues) == whole
