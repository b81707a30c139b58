"""Apply the output rules repeatedly, undoing the strongest fault each time so that its symptoms disappear."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.search import GAIN_OF_GUESS
from sumtune.diagnose.rules.columns import columns_swapped, one_summary_for_all
from sumtune.diagnose.rules.copies import (
    predictions_are_dialogues,
    predictions_are_turns,
    some_predictions_are_references,
)
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short, empty_predictions, never_stops
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.other_rows import predictions_repeat, text_of_other_rows, unrelated
from sumtune.diagnose.rules.references import references_damaged
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.tokenization import letters_dropped
from sumtune.diagnose.rules.two_groups import two_groups
from sumtune.diagnose.rules.wording import (
    broken_sentences,
    marks_detached,
    misspelled,
    names_lost,
    odd_lengths,
    punctuation_lost,
    same_template,
    starts_midway,
    strange_marks,
)

__all__ = ["FIRST_RULES", "LAST_RULES", "LOOKS", "RULES", "find_output_faults", "share_of_lost_score"]

Rule = Callable[[Outputs], Finding | None]

RULES: tuple[Rule, ...] = (
    letters_dropped,
    repairable,
    columns_swapped,
    predictions_are_dialogues,
    predictions_are_turns,
    some_predictions_are_references,
    empty_predictions,
    one_summary_for_all,
    predictions_repeat,
    misplaced_rows,
    wrong_language,
    never_stops,
    cut_short,
)
FIRST_RULES: tuple[Rule, ...] = (references_damaged,)
"""Rules whose finding ends the search, because all others compare predictions with references."""
LOOKS: tuple[Rule, ...] = (
    text_of_other_rows,
    same_template,
    marks_detached,
    strange_marks,
    unrelated,
    misspelled,
    broken_sentences,
    starts_midway,
    names_lost,
    punctuation_lost,
    odd_lengths,
)
"""Rules about how predictions look. Of those that explain about as many predictions, the first counts."""
LAST_RULES: tuple[Rule, ...] = (two_groups,)
"""Rules that apply only where no other finds a cause."""

COLUMN_RULES = (letters_dropped, columns_swapped, predictions_are_dialogues)
"""Rules about whole columns. The effect of a repair on a wrong column means nothing."""
SYMPTOMS = ("case_destroyed", "cut_short", "predictions_repeat")
"""Findings that may be a symptom of how predictions look: sorted words do not end like a sentence."""
FEWEST_LEFT = 0.5
"""Share of the rows that must be left without a fault if the search is to go on."""
LOOKS_SHARE = 0.5
"""Smallest ratio of the shares of predictions that odd looks explain, and other looks or a symptom."""
CERTAIN_REPAIRS = {repair.name for repair in REPAIRS if repair.certain}


def find_output_faults(outputs: Outputs) -> Iterator[Finding]:
    """Yield the faults of `outputs`, each with the share of the lost score that is regained when it is undone.

    After each fault, the rules judge the repaired outputs; an uncertain finding repairs nothing. The search ends at a
    fault that cannot be undone. A rule finds at most one fault, except `repairable`: one fault for each repair.
    """
    if damaged := [finding for rule in FIRST_RULES if (finding := rule(outputs)) is not None]:
        yield damaged[0]
        return
    now, left, known, touched = outputs, list(RULES), set[str](), set[str]()
    while left:
        worst = _worst(now, left, known, touched)
        if worst is None:
            return
        rule, finding = worst
        yield replace(finding, share=share_of_lost_score(outputs, now, finding.repaired) if finding.repaired else None)
        if finding.repaired is None or len(finding.repaired) < FEWEST_LEFT * len(now):
            return
        touched |= _touched(now, finding.repaired)
        now = finding.repaired if finding.sure else now
        known.add(finding.code)
        left = [other for other in left if other is not rule or rule is repairable]


def _worst(now: Outputs, left: Sequence[Rule], known: set[str], touched: set[str]) -> tuple[Rule, Finding] | None:
    """Return the most important fault of the outputs besides the `known` codes, and the rule that found it.

    How predictions look is judged only where no rule is sure of a cause, and only in rows that no earlier finding has
    touched.
    """
    found = _findings(left, now, known)
    rule, first = max(found, key=lambda pair: _priority(now, *pair), default=(two_groups, None))
    if first is not None and _is_cause(rule, first):
        return rule, first
    looks = [pair for pair in _findings(LOOKS, now, known) if _is_new(pair[1], now, touched)]
    if looks:
        most = max(one.numbers["share"] for _, one in looks)
        look = next(pair for pair in looks if pair[1].numbers["share"] >= LOOKS_SHARE * most)
        if first is None or _explains_more(look[1], rule, first):
            return look
    if first is not None:
        return rule, first
    return next(iter(_findings(LAST_RULES, now, known)), None)


def _is_cause(rule: Rule, finding: Finding) -> bool:
    """Return whether a finding names a cause, of which odd looks can only be symptoms."""
    if rule is repairable and finding.code not in CERTAIN_REPAIRS:
        gain = finding.numbers["rouge1_mended"] - finding.numbers["rouge1"]
        return gain >= GAIN_OF_GUESS * finding.numbers["share"]
    return finding.sure and finding.code not in SYMPTOMS and not (rule is misplaced_rows and not finding.repaired)


def _explains_more(look: Finding, rule: Rule, other: Finding) -> bool:
    """Return whether odd looks explain more than a finding that may be a symptom of them."""
    if rule is cut_short and look.code == "punctuation_lost":
        return False
    if rule is predictions_repeat:  # the text of another row is in a row because it repeats
        return look.code == "same_template"
    return rule is misplaced_rows or look.numbers["share"] >= LOOKS_SHARE * other.numbers.get("share", 0.0)


def _touched(before: Outputs, after: Outputs) -> set[str]:
    """Return the ids of the rows that a repair changes or leaves out."""
    texts = dict(zip(after.ids, after.predictions, strict=True))
    return {name for name, text in zip(before.ids, before.predictions, strict=True) if texts.get(name) != text}


def _is_new(look: Finding, now: Outputs, touched: set[str]) -> bool:
    """Return whether most rows of `look` were not touched by an earlier finding."""
    rows = _touched(now, look.repaired) if look.repaired else set(now.ids)
    return 2 * len(rows & touched) < len(rows)


def _findings(rules: Sequence[Rule], outputs: Outputs, known: set[str]) -> list[tuple[Rule, Finding]]:
    """Return the findings of `rules`, except those whose code is in `known`."""
    return [(rule, one) for rule in rules if (one := rule(outputs)) is not None and one.code not in known]


def _priority(now: Outputs, rule: Rule, finding: Finding) -> tuple[bool, bool, bool, float, bool]:
    """Return a sort key: wrong columns first, then damage that is certain, then causes, then the regained ROUGE-1.

    At equal gain, a fault that cannot be undone comes first.
    """
    gain = finding.repaired.score - now.score if finding.repaired else 0.0
    certain = finding.code in CERTAIN_REPAIRS and finding.code not in SYMPTOMS
    if rule is repairable and not certain:  # a guess; a rule looks at more than one text
        gain -= GAIN_OF_GUESS
    wrong_column = rule in COLUMN_RULES and finding.sure and finding.repaired is not None
    return wrong_column, certain, _is_cause(rule, finding), round(gain, 3), finding.repaired is None


def share_of_lost_score(scored: Outputs, before: Outputs, after: Outputs) -> float | None:
    """Return the gain from `before` to `after` as a share of what `scored` lost (1 minus its ROUGE-1).

    None if `scored` lost nothing.
    """
    lost = 1 - scored.score
    return (after.score - before.score) / lost if lost > 0 else None
