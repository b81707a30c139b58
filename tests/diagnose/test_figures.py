"""Every number in a sentence is one of the finding's numbers, and a slow formula gives the same."""

import math
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import planted
import pytest

from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.references import references_damaged
from sumtune.diagnose.rules.two_groups import two_groups
from sumtune.diagnose.text_features import content_words
from sumtune.evaluate.nltk_import import import_nltk

CLEAN = planted.outputs(40)
ROWS = range(len(CLEAN))
SHIFTED = replace(CLEAN, predictions=CLEAN.predictions[3:] + CLEAN.predictions[:3])
EXCHANGED = replace(CLEAN, references=tuple(CLEAN.references[{4: 9, 9: 4}.get(row, row)] for row in ROWS))
CUT = replace(CLEAN, references=tuple((text[:40],) for text in CLEAN.first_references))
LOW = CLEAN.with_predictions([text[::-1] if row >= 25 else text for row, text in enumerate(CLEAN.predictions)])


def rouge1(prediction, reference):
    """ROUGE-1 as Lin (2004) defines it: F-measure of the stemmed words, each counted as often as both texts have it."""
    import_nltk()
    from nltk.stem.porter import PorterStemmer

    stem = PorterStemmer().stem
    one, two = (
        Counter(stem(word) if len(word) > 3 else word for word in re.findall("[a-z0-9]+", text.lower()))
        for text in (prediction, reference)
    )
    both = sum(min(count, two[word]) for word, count in one.items())
    return 2 * both / (one.total() + two.total()) if both else 0.0


def mean_score(outputs, rows=ROWS):
    return sum(rouge1(outputs.predictions[row], outputs.references[row][0]) for row in rows) / len(rows)


def clear_matches(column, others):
    """Rows of `column` that clearly match their own row, and another one: with plain sets, over all pairs of rows."""
    found = [[content_words(text) | set(re.findall(r"\d+", text)) for text in texts] for texts in (column, *others)]
    count, weights = len(column), {}
    for word in set().union(*(row for texts in found for row in texts)):
        frequencies = [sum(word in row for row in texts) for texts in found]
        if sum(map(bool, frequencies)) > 1 and max(frequencies) <= max(20, count / 50):
            weights[word] = math.log((1 + count) / (1 + sum(frequencies) / len(frequencies)))
    tables = [[{word: weights[word] for word in row if word in weights} for row in texts] for texts in found]
    tables = [[unit(row) for row in table] for table in tables]
    together = [unit(sum_of(rows)) for rows in zip(*tables[1:], strict=True)]
    cosines = [
        [sum(value * other.get(word, 0) for word, value in row.items()) for other in together] for row in tables[0]
    ]
    own = other = 0
    for row in range(count):
        partner = max(range(count), key=cosines[row].__getitem__)
        rest = [cosines[row][place] for place in range(count) if place != partner]
        rest += [cosines[place][partner] for place in range(count) if place != row]
        if cosines[row][partner] > 0.05 and cosines[row][partner] >= 1.5 * max(rest):
            own, other = own + (partner == row), other + (partner != row)
    return {"in_own_row": own, "in_other_row": other}


def unit(row):
    length = math.sqrt(sum(value**2 for value in row.values())) or 1
    return {word: value / length for word, value in row.items()}


def sum_of(rows):
    total = Counter()
    for row in rows:
        total.update(row)
    return total


CASES = {
    "a column moved": lambda: (
        misplaced_rows(SHIFTED),
        {"rows": 40, "rouge1": mean_score(SHIFTED), "rouge1_mended": mean_score(CLEAN),
         **clear_matches(SHIFTED.predictions, [SHIFTED.first_references, SHIFTED.dialogues])},
    ),
    "two references exchanged": lambda: (
        misplaced_rows(EXCHANGED),
        {"rows": 40, "rouge1": mean_score(EXCHANGED), "rouge1_mended": mean_score(CLEAN),
         **clear_matches(EXCHANGED.first_references, [EXCHANGED.predictions, EXCHANGED.dialogues])},
    ),
    "references cut": lambda: (
        references_damaged(CUT),
        {"damaged": sum(len(text) > 38 and text[-1] not in ".!?" for text in CUT.first_references), "references": 40,
         "share_predictions": 0, "rouge1": mean_score(CUT)},
    ),
    "two groups": lambda: (
        two_groups(LOW),
        {"low": 15, "rows": 40, "rouge1_low": mean_score(LOW, range(25, 40)),
         "rouge1_others": mean_score(LOW, range(25)), "p_value": 1 / 201},
    ),
}  # fmt: skip
NO_FIGURES = r"from (?:row )?\d+ on|rows? \d+( and \d+)*|\d+ rows? (up|down)|ROUGE-1|cut off at \d+"
"""Places, orders and names, which other tests check."""


@cache
def case(name):
    """The finding of a case and its expected numbers."""
    return CASES[name]()


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_a_slow_formula(name):
    finding, expected = case(name)
    assert finding.numbers == pytest.approx(expected)


@pytest.mark.parametrize("name", CASES)
def test_every_number_of_the_evidence_is_one_of_the_finding(name):
    finding, _ = case(name)
    printed = re.findall(r"\d+(?:\.\d+)?%?", re.sub(NO_FIGURES, "", finding.evidence))
    values = finding.numbers.values()
    formatted = {text for value in values for text in (f"{value:.3f}", f"{value:g}", f"{value:.0%}")}
    assert printed
    assert set(printed) <= formatted
