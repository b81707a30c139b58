"""What a few rows show may be chance: then it is no fault. What words need is no odd mark."""

from dataclasses import replace
from itertools import combinations, islice

import planted
import pytest

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.outliers import chance_of_more
from sumtune.diagnose.looks.traits import TRAITS
from sumtune.diagnose.rules import other_style, output_faults, unlike
from sumtune.diagnose.rules.unlike import SURE_P_VALUE, unlike_references
from sumtune.diagnose.rules.wording import odd_lengths

CLEAN = planted.outputs(40)
ORDINARY = (
    "Greg doesn't want takeout because he's starving.",
    "It's Ash's song that isn't sung.",
    "Jake's black pants are gone, they're on Bill.",
    "Merry Christmas.",
    "Amy's train is at 3:40, she'll be late.",
    "Terry's story's well-known, that's why he's proud.",
)


def with_lines_in(rows):
    texts = enumerate(CLEAN.predictions)
    return CLEAN.with_predictions([text.replace(" ", "\n", 6) if row in rows else text for row, text in texts])


@pytest.mark.parametrize("count", [4, 6, 7, 12])
def test_odd_rows_are_a_fault_if_they_are_too_many_for_chance(count):
    finding = unlike_references(with_lines_in(range(0, 3 * count, 3)))
    assert finding.numbers["share"] == count / 40
    assert finding.sure == (finding.severity == "fault") == (chance_of_more(count, 40, 0, 40) <= SURE_P_VALUE)
    assert ("chance" in finding.title) != finding.sure


@pytest.mark.parametrize("outliers", [(0, 2), (2, 0), (3, 1), (4, 4)])
def test_the_chance_is_the_share_of_the_choices_with_as_many_outliers(outliers):
    texts = ["prediction"] * 5 + ["reference"] * 6
    chosen = list(combinations(texts, sum(outliers)))
    as_many = sum(one.count("prediction") >= outliers[0] for one in chosen)
    assert chance_of_more(outliers[0], 5, outliers[1], 6) == pytest.approx(as_many / len(chosen))


@pytest.mark.parametrize("count", [len(ORDINARY), 18])
def test_short_summaries_with_contractions_and_numbers_have_no_odd_trait(count):
    texts = [*(ORDINARY * 3)[:count], *CLEAN.predictions[count:]]
    assert list(unlike._odd_traits(CLEAN.with_predictions(texts))) == []


def test_marks_inside_words_and_numbers_are_no_punctuation():
    marks = [trait for what, trait in TRAITS.items() if "punctuation" in what or "other than full stops" in what]
    assert len(marks) == 2
    for trait in marks:
        assert trait("They isn't at 3:40 well-known", "") == trait("They are at five", "") == 0
        assert trait("“They - are * at!” (five?)", "") > 0


@pytest.mark.parametrize("rows", [10, 40])
def test_a_difference_of_means_must_be_larger_than_chance(rows):
    """Whether a text contains a word: the distance is the same, the standard error is half in four times the rows."""
    part, whole = 0.8, planted.outputs(rows)
    texts = [f"Zounds, {text}" if row < part * rows else text for row, text in enumerate(whole.predictions)]
    (distance,) = (one for one in other_style._words(whole.with_predictions(texts)) if "zounds" in one.what)
    assert distance.distance == pytest.approx(part / 0.3)
    assert distance.error == pytest.approx((part * (1 - part) / rows) ** 0.5)
    named = other_style._farthest(whole.with_predictions(texts)) is not None
    assert named == (distance.distance - 2 * distance.error / 0.3 >= 2) == (rows == 40)


def test_two_words_in_three_rows_are_short_beside_references_of_six():
    rows = (4, 17, 30)
    predictions, references = (
        [" ".join(text.split()[:size]) if row in rows else text for row, text in enumerate(texts)]
        for texts, size in ((CLEAN.predictions, 2), (CLEAN.first_references, 6))
    )
    outputs = replace(CLEAN, predictions=tuple(predictions), references=tuple((text,) for text in references))
    assert odd_lengths(outputs).repaired.ids == tuple(name for row, name in enumerate(CLEAN.ids) if row not in rows)


def test_a_rule_that_finds_the_same_again_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = planted.outputs(20, seed=1)
    again = Finding("unlike_references", "Odd", "weakness", "Odd.", numbers={}, repaired=clean, sure=False)
    monkeypatch.setattr(output_faults, "_worst", lambda *_: (output_faults.two_groups, again))
    assert len(list(islice(output_faults.find_output_faults(clean), 5))) == 1
