"""Every number that a finding prints is that of an independent slow formula, and every finding has such a case."""

import re
from functools import cache

import figures_of_outputs
import figures_of_runs
import pytest
from figures_of_outputs import compared
from slow_formulas import interval, mean_score, scores

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import REMEDIES, diagnose
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.evaluate.baselines import lead_3, longest_3
from sumtune.terminal.diagnosis import lines

CASES = figures_of_outputs.CASES | figures_of_runs.CASES
REPAIRED = {repair.name for repair in REPAIRS}
NAMES = re.compile(r"ROUGE-1|lead-3|longest-3|95% interval|`[^`]*`")
"""Names with digits, which state no figure."""
NUMBER = re.compile(r"[+-]?\b\d+(?:\.\d+)?(?:e[+-]\d+)?%?")


@cache
def planted_case(name):
    """The finding, the numbers that it must print, and those that only `diagnosis.json` has."""
    finding, expected, *others = CASES[name]()
    return finding, list(expected), [one for more in others for one in more]


def printed(text):
    return NUMBER.findall(NAMES.sub("", text))


def shown(value, token):
    """`value` in the format of the printed number `token`."""
    sign = "+" if token[0] in "+-" else ""
    if "e" in token:
        return f"{value:g}"
    decimals = len(token.rstrip("%").partition(".")[2])
    return f"{value:{sign}.{decimals}{'%' if token.endswith('%') else 'f'}}"


@pytest.mark.parametrize("name", CASES)
def test_the_printed_numbers_are_those_of_a_slow_formula(name):
    finding, expected, _ = planted_case(name)
    tokens = printed(f"{finding.title} {finding.evidence}")
    assert len(tokens) == len(expected), tokens
    assert tokens == [shown(value, token) for value, token in zip(expected, tokens, strict=True)]


def test_the_numbers_of_the_file_are_those_of_a_slow_formula():
    wrong = []
    for name, (finding, expected, others) in zip(CASES, map(planted_case, CASES), strict=True):
        known = [*expected, *(-value for value in expected), *others]
        numbers = finding.numbers.items()
        wrong += [(name, key) for key, value in numbers if all(value != pytest.approx(one) for one in known)]
    assert wrong == []


def test_all_most_and_some_are_true():
    wrong = []
    for name, (finding, _, _) in zip(CASES, map(planted_case, CASES), strict=True):
        share = finding.numbers.get("share", finding.numbers.get("damaged", 0) / finding.numbers.get("references", 1))
        first = finding.title.split()[0]
        true = "All" if share == 1 else "Most" if share > 0.5 else "Some"
        wrong += [name] if share and first in {"All", "Most", "Some"} - {true} else []
    assert wrong == []


def test_every_finding_has_a_case():
    found = {name: planted_case(name)[0].code for name in CASES}
    misnamed = [name for name, code in found.items() if name.split()[0] not in (code, "repairable")]
    assert misnamed == []
    assert set(REMEDIES) - REPAIRED == set(found.values()) - REPAIRED
    assert REPAIRED & set(found.values())  # all repairs share the sentence of one rule


def test_the_numbers_before_the_findings_are_those_of_a_slow_formula():
    outputs = figures_of_outputs.changed(figures_of_outputs.every_third, lambda _: "")
    base = figures_of_outputs.CLEAN.mapped(str.swapcase)
    diagnosis = diagnose(Context(outputs=outputs, base=base))
    _, score, *gains = list(lines(diagnosis))[:5]
    assert printed(score) == [shown(*pair) for pair in zip(score_of(outputs), printed(score), strict=True)]
    others = [base, *(with_texts(outputs, baseline) for baseline in (lead_3, longest_3))]
    for line, other in zip(gains, others, strict=True):
        expected = [mean_score(other), *compared(outputs, other)]
        assert printed(line) == [shown(*pair) for pair in zip(expected, printed(line), strict=True)]
    before, after, lost = mean_score(outputs), diagnosis.findings[0].repaired, 1 - mean_score(outputs)
    assert f"explains {(mean_score(after) - before) / lost:.0%} of the lost ROUGE-1" in "\n".join(lines(diagnosis))


def score_of(outputs):
    return mean_score(outputs), len(outputs), *interval(scores(outputs), 10_000)


def with_texts(outputs, baseline):
    return outputs.with_predictions(list(map(baseline, outputs.dialogues)))
