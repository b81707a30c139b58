"""Damage that ROUGE hardly sees is found by the looks of the texts, in all rows or in some; clean texts have none."""

import random
import re
from dataclasses import replace
from itertools import permutations

import numpy as np
import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.looks.file_words import FileWords
from sumtune.diagnose.looks.outliers import Scale, find_outliers
from sumtune.diagnose.looks.word_order import WordOrder
from sumtune.diagnose.rules import causes, copies, missing_parts, other_rows, output_faults, output_rules, wording
from sumtune.evaluate.baselines import lead_3, longest_3

CLEAN = planted.outputs(40)
ALONE = replace(CLEAN, dialogues=None)
ROWS = range(40)
SOME = [row for row in ROWS if row % 4 == 1]
NEXT = [(row + 7) % 40 for row in ROWS]


def sorted_words(row):
    return " ".join(sorted(CLEAN.predictions[row].split(), key=str.casefold, reverse=True))


def mixed_lines(row):
    pairs = zip(CLEAN.predictions[row].split(), CLEAN.predictions[NEXT[row]].split(), strict=False)
    return " ".join(word for pair in pairs for word in pair)


DAMAGES = {
    wording.same_template: lambda row: f"Reply {row}: the answer to the customer goes out after {row} seconds.",
    wording.strange_marks: lambda row: re.sub(r"\b[A-Z]\w+", "[NAME]", CLEAN.predictions[row]),
    wording.misspelled: lambda row: re.sub("[aeo]", "", CLEAN.predictions[row]),
    wording.broken_sentences: sorted_words,
    missing_parts.ends_midway: lambda row: CLEAN.predictions[row].rstrip("."),
    missing_parts.starts_midway: lambda row: CLEAN.predictions[row].partition(" ")[2].replace("A", "a", 1),
    missing_parts.marks_detached: lambda row: re.sub(r"(?=[.,])", " ", CLEAN.predictions[row]),
    missing_parts.names_lost: lambda row: re.sub(r"\b[A-Z]\w+", "she", CLEAN.predictions[row]).capitalize(),
    missing_parts.punctuation_lost: lambda row: re.sub(r"[^\w\s]", "", CLEAN.predictions[row]),
    other_rows.text_of_other_rows: lambda row: f"{CLEAN.predictions[row]} {CLEAN.predictions[NEXT[row]]}",
    other_rows.unrelated: lambda row: planted.OFF_TOPIC[SOME.index(row) if row in SOME else row % 10],
    copies.predictions_are_dialogues: lambda row: CLEAN.dialogues[row].splitlines()[1],
}
RULES = [*DAMAGES, wording.odd_lengths, other_rows.predictions_repeat, copies.some_predictions_are_references]


def damaged(damage, rows):
    return CLEAN.with_predictions([damage(row) if row in rows else CLEAN.predictions[row] for row in ROWS])


def named_rows(outputs, finding):
    left = set(finding.repaired.ids) if finding.repaired else set()
    return {row for row in ROWS if outputs.ids[row] not in left}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_clean_texts_and_copies_of_the_dialogue_look_usual(rule):
    for outputs in (CLEAN, ALONE):
        assert rule(outputs) is None
    for baseline in (lead_3, longest_3):
        assert rule(CLEAN.with_predictions(list(map(baseline, CLEAN.dialogues)))) is None


@pytest.mark.parametrize("rule", DAMAGES, ids=lambda rule: rule.__name__)
def test_damage_to_some_or_all_rows_is_found_in_these_rows(rule):
    for rows in (SOME, ROWS):
        outputs = damaged(DAMAGES[rule], rows)
        named = named_rows(outputs, rule(outputs))
        assert len(named & set(rows)) >= 0.5 * len(rows)
        assert len(named - set(rows)) <= 1


@pytest.mark.parametrize("rule", output_rules.LOOKS, ids=lambda rule: rule.__name__)
def test_the_diagnosis_names_the_looks_first(rule):
    damage = DAMAGES.get(rule, lambda row: " ".join(re.findall(r"[A-Z]\w+", CLEAN.predictions[row])[:3]))
    (first, *_) = output_faults.find_output_faults(damaged(damage, SOME))
    assert first.code == rule.__name__


@pytest.mark.parametrize(
    "change", [str, " ".join, lambda text: f"<p>{text}</p>", lambda text: text[:30], lambda _: "nan"]
)
def test_the_strongest_finding_is_the_same_if_all_rules_run(change):
    outputs = CLEAN.mapped(change)
    found = [(rule, one) for rule in output_rules.RULES if (one := rule(outputs)) is not None]
    strongest = max(found, key=lambda pair: causes.priority(outputs, *pair), default=None)
    assert output_faults._strongest(outputs, output_rules.RULES, set()) == strongest


def test_order_is_judged_although_rouge_stays_the_same():
    outputs = damaged(sorted_words, ROWS)
    assert outputs.score == pytest.approx(CLEAN.score)
    assert wording.broken_sentences(outputs).title.startswith("Most predictions are no sentences")
    assert wording.broken_sentences(damaged(mixed_lines, ROWS)) is not None


def test_only_lengths_that_differ_from_the_other_predictions_are_odd():
    for change, some, title in (
        (lambda row: CLEAN.predictions[row].split()[0], True, "Some predictions are far shorter than the references"),
        (lambda row: CLEAN.predictions[row] * 12, True, "Some predictions are far longer than the references"),
        (lambda row: CLEAN.predictions[row] * 12, False, None),
    ):
        finding = wording.odd_lengths(damaged(change, SOME if some else ROWS))
        assert (finding and finding.title) == title


def test_predictions_need_no_name_where_references_have_none():
    """As summaries of meetings, which may speak of the team."""

    def nameless(text: str) -> str:
        return re.sub(r"\b[A-Z]\w+", "she", text).capitalize()

    outputs = damaged(lambda row: nameless(CLEAN.predictions[row]), range(0, 40, 2))
    references = tuple(
        (nameless(text) if row in (1, 5, 9) else text,) for row, text in enumerate(CLEAN.first_references)
    )
    assert missing_parts.names_lost(outputs) is not None
    assert missing_parts.names_lost(replace(outputs, references=references)) is None


def test_texts_in_several_rows_are_repeats_unless_one_text_is_in_all():
    pairs = CLEAN.with_predictions([CLEAN.predictions[row // 2] for row in ROWS])
    assert other_rows.predictions_repeat(pairs).evidence.startswith("40 of 40 predictions")
    assert other_rows.predictions_repeat(CLEAN.mapped(lambda _: "They talk about their plans.")) is None


def test_some_references_among_predictions_are_a_fault_unless_the_others_are_as_good():
    turns = [" ".join(text.splitlines()[:2]) for text in CLEAN.dialogues]
    weak = CLEAN.with_predictions([CLEAN.first_references[row] if row in SOME else turns[row] for row in ROWS])
    assert copies.some_predictions_are_references(weak).numbers["share"] == len(SOME) / 40
    good = damaged(CLEAN.first_references.__getitem__, SOME)
    assert copies.some_predictions_are_references(good) is None


def test_values_of_one_distribution_have_no_outliers_and_shifted_ones_are_found():
    chance = np.random.default_rng(0)
    for count in (10, 40, 200, 1000):
        for _ in range(20):
            references, predictions = chance.normal(size=(2, count))
            assert find_outliers(predictions, references, np.zeros(count, bool), Scale()) is None
        low = np.arange(count) % 5 == 0
        shifted = np.where(low, predictions - 6, predictions)
        found = find_outliers(shifted, references, np.zeros(count, bool), Scale())
        if count >= 40:
            assert found is not None
            assert (found == low).mean() > 0.95
        assert find_outliers(shifted, references, low, Scale()) is None


def test_words_in_random_order_fit_no_better_than_half_of_the_others():
    texts = [text for one in planted.CORPUS[60:] for text in (one.summary, *one.dialogue.splitlines())]
    model = WordOrder(texts, frozenset())
    words = ["she", "will", "bring", "the", "cake", "to", "the", "office"]
    fits = [model.fit(" ".join(order)) for order in random.Random(0).sample(list(permutations(words)), 200)]
    assert np.mean(fits) == pytest.approx(0.5, abs=0.03)
    assert model.fit(" ".join(words)) > np.quantile(fits, 0.99)


def test_a_reference_is_judged_without_its_own_words():
    words = FileWords(CLEAN.first_references, CLEAN.dialogues)
    own = CLEAN.first_references[3]
    assert words.unknown_share(own, 3) == 0
    assert words.unknown_share(f"{own} Zyzzyva", 3) > 0
    assert words.unknown_share("Zyzzyvas", 3, "Zyzzyvas") == 1
    assert words.unknown_forms("[A] b", 3) == ["[A]"]


@pytest.mark.parametrize("rows", [range(3, 40, 7), range(40)])
def test_texts_of_another_data_set_are_unrelated_whatever_their_marks(rows):
    outputs = planted.outputs(40)
    off = [text for text in planted.outputs(150).first_references if text not in outputs.first_references][:40]
    texts = [
        text.replace(" ", f" #Person{row % 2}# ", 1) if row in rows else outputs.predictions[row]
        for row, text in enumerate(off)
    ]
    first = diagnose(Context(outputs=outputs.with_predictions(texts))).findings[0]
    assert first.code == ("unrelated" if len(rows) < 40 else "misplaced_rows")


def test_a_loop_that_the_limit_ends_is_a_loop_and_no_lost_end():
    outputs = planted.outputs(80)
    loops = [" ".join((f"{text} " * 9).split()[: 190 + row % 9]) for row, text in enumerate(outputs.predictions)]
    some = outputs.with_predictions([loops[row] if row % 10 == 0 else outputs.predictions[row] for row in range(80)])
    cut = outputs.with_predictions([" ".join(text.split()[:15]) for text in outputs.predictions])
    assert missing_parts.ends_midway(some) is None
    assert missing_parts.ends_midway(cut)
    assert diagnose(Context(outputs=some)).findings[0].code in ("ends_in_loop", "text_repeated", "sentences_repeated")
