"""Damage that no rule was written for is found: shared starts, any marks, exchanged letters, odd texts."""

import random
import re
import string
from dataclasses import replace

import numpy as np
import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.outliers import Scale, find_outliers
from sumtune.diagnose.looks.style import SummaryStyle
from sumtune.diagnose.looks.surprise import CharacterModel
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.frames import find_frames
from sumtune.diagnose.repairs.repair import Row
from sumtune.diagnose.repairs.spacing import words_glued
from sumtune.diagnose.repairs.substitution import find_table
from sumtune.diagnose.rules.causes import explains_more, may_be_small
from sumtune.diagnose.rules.lengths import cut_short
from sumtune.diagnose.rules.output_faults import find_output_faults
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.unlike import unlike_references

CLEAN = planted.outputs(40)
SOME = range(3, 40, 9)
COLUMNS = (CLEAN.predictions, CLEAN.first_references, CLEAN.dialogues)


def damaged(change):
    return CLEAN.with_predictions([change(row, text) if row in SOME else text for row, text in enumerate(COLUMNS[0])])


def frames(outputs, backwards=False):
    return find_frames(outputs.predictions, outputs.first_references, outputs.dialogues, backwards)


@pytest.mark.parametrize(
    "change",
    [
        lambda row, text: f"[{row * 37}] run {row % 7}/12 > {text}",
        lambda row, text: f"%% job 5e8f{row:04x}aa21: {text}",
        lambda _, text: f"What these people have said: {text}",
    ],
)
def test_a_start_of_five_rows_is_found_whatever_it_is_and_removed_in_these_rows(change):
    outputs = damaged(change)
    first = next(find_output_faults(outputs))
    assert first.code in ("same_start", "preamble_left", "numbered")
    assert first.repaired.predictions == COLUMNS[0]
    assert frames(CLEAN) == frames(CLEAN, backwards=True) == []


def test_an_end_of_five_rows_is_found_but_not_what_messages_have_in_common():
    outputs = damaged(lambda row, text: f"{text} <~ {row} of 40 ~>")
    assert next(find_output_faults(outputs)).code == "same_end"
    assert (
        frames(damaged(lambda row, _: f"Error {row}: no route to any host, so try again after {row} more minutes"))
        == []
    )


def test_a_smiley_that_dialogues_have_is_no_common_end():
    smiley = damaged(lambda _, text: f"{text[:-1]} :).")
    assert frames(smiley, backwards=True) != []
    said = tuple(f"{text} :)" if row % 2 else text for row, text in enumerate(CLEAN.dialogues))
    assert frames(replace(smiley, dialogues=said), backwards=True) == []


def test_a_repair_of_few_rows_does_not_hide_how_many_others_look():
    words = [text.split() for text in CLEAN.predictions]
    texts = [
        " ".join(sorted(row, key=str.casefold)) if number % 2 else " ".join(row) for number, row in enumerate(words)
    ]
    escaped = [text.replace(" ", "&nbsp;", 1) if row in range(0, 40, 10) else text for row, text in enumerate(texts)]
    first, *_ = find_output_faults(CLEAN.with_predictions(escaped))
    assert first.code == "broken_sentences"
    few = damaged(lambda _, text: text.replace(" ", "&nbsp;", 1))
    assert next(find_output_faults(few)).code == "html_escaped"


@pytest.mark.parametrize("mark", ["_", " | ", "~", "*", " :: ", "\t", "\n"])
def test_any_mark_between_words_is_replaced(mark):
    outputs = damaged(lambda _, text: text.replace(" ", mark))
    first = next(find_output_faults(outputs))
    assert first.code == "words_joined_by_marks"
    assert first.repaired.score == pytest.approx(CLEAN.score)


@pytest.mark.parametrize("seed", range(3))
def test_any_table_of_letters_is_undone_in_five_rows(seed):
    other = "".join(random.Random(seed).sample(string.ascii_lowercase, 26))
    table = str.maketrans(string.ascii_letters, other + other.upper())
    first = next(find_output_faults(damaged(lambda _, text: text.translate(table))))
    assert first.code == "letters_substituted"
    assert first.repaired.score >= CLEAN.score - 0.03


def test_a_table_needs_words_of_the_same_pattern():
    assert find_table(["noop"], [["tree", "oven"]]) == {}


def test_the_bits_of_a_text_do_not_depend_on_the_other_texts():
    model = CharacterModel(COLUMNS[2])
    together = model.bits(COLUMNS[0])
    assert together == pytest.approx([model.bits([text])[0] for text in COLUMNS[0]])
    assert model.bits(["", "x"])[0] == 0


def test_unusual_characters_and_words_need_more_bits():
    characters = CharacterModel([*COLUMNS[1][::2], *COLUMNS[2][::2]])
    clean, shuffled = COLUMNS[0][1::2], ["".join(random.Random(0).sample(text, len(text))) for text in COLUMNS[0][1::2]]
    assert characters.bits(clean).max() < characters.bits(shuffled).min()
    style = SummaryStyle(COLUMNS[1][::2], COLUMNS[2][::2])
    pairs = list(zip(COLUMNS[0], COLUMNS[2], strict=True))[1::2]
    answers = [f"Oh, I see! {text.partition(':')[0]}, why would you think that I like it?" for _, text in pairs]
    usual = np.median([style.bits(text, said) for text, said in pairs])
    assert usual < np.median([style.bits(text, said) for text, (_, said) in zip(answers, pairs, strict=True)])


def test_shuffled_letters_look_unlike_references_and_clean_texts_do_not():
    assert unlike_references(CLEAN) is None
    found = unlike_references(damaged(lambda row, text: "".join(random.Random(row).sample(text, len(text)))))
    assert found.numbers["share"] == pytest.approx(len(SOME) / 40)


def test_suspects_are_judged_less_strictly_and_others_not_at_all():
    chance = np.random.default_rng(0)
    references, predictions = chance.normal(size=200), chance.normal(size=200)
    suspects = np.arange(200) < 6
    predictions[suspects] = -1.6
    none = np.zeros(200, bool)
    assert find_outliers(predictions, references, none, Scale()) is None
    assert (find_outliers(predictions, references, none, Scale(), suspects) == suspects).all()
    assert find_outliers(chance.normal(size=200), references, none, Scale(), suspects) is None


def test_a_finding_about_rows_that_another_one_repaired_stays_behind_it():
    outputs = damaged(lambda _, text: f"<pad> {' '.join(text.split()[:5])} and the</s>")
    codes = [finding.code for finding in diagnose(Context(outputs=outputs), our_engine=False).findings]
    assert codes[0] == "special_tokens_left"


def finding(code, **numbers):
    return Finding(code, "", "fault", "", numbers={"share": 0.3, **numbers})


def test_a_template_explains_more_than_a_start_only_if_little_is_gained_without_the_start():
    template = finding("same_template")
    for mended, explains in ((0.302, True), (0.35, False)):
        start = finding("same_start", rouge1=0.3, rouge1_mended=mended)
        assert explains_more(template, repairable, start) == explains
        assert may_be_small(repairable, start)
    assert not explains_more(finding("misspelled"), repairable, finding("same_start", rouge1=0.3, rouge1_mended=0.302))


def test_words_as_a_scorer_compares_them_are_not_cut_short():
    assert cut_short(CLEAN.mapped(lambda text: " ".join(text.split()[:7])))
    assert cut_short(CLEAN.mapped(lambda text: " ".join(re.findall(r"\w+", text.lower())[:7]))) is None


def test_how_the_other_predictions_end_follows_their_odd_looks():
    words = [text.split() for text in CLEAN.predictions]
    texts = [one[:6] if row % 4 in (1, 2) else one for row, one in enumerate(words)]
    texts[::4] = [sorted(one, key=str.casefold, reverse=True) for one in words[::4]]
    found = {one.code: one for one in find_output_faults(CLEAN.with_predictions(list(map(" ".join, texts))))}
    assert next(iter(found)) == "broken_sentences"
    assert found["cut_short"].follows


def test_names_of_elements_are_no_glued_words():
    row = Row(
        "", Corpus((), ("He is ahead in the title of the centre, and it is the gate way that they enter.",) * 3, ())
    )
    page = "<html><head><title>502</title></head><body><center>nginx</center></body></html>"
    assert words_glued(page, row) == page
    assert words_glued("Heisaheadinthetitleofthecentre.", row).count(" ") > 5
