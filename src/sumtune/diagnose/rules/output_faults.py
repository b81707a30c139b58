"""Apply the output rules repeatedly, undoing the strongest fault each time so that its symptoms disappear."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.judged import Mask
from sumtune.diagnose.loss_curves import mean_difference
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.causes import (
    CERTAIN_REPAIRS,
    LOOKS_SHARE,
    explains_more,
    is_cause,
    is_certain,
    may_be_small,
    priority,
)
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short
from sumtune.diagnose.rules.missing_parts import ends_midway, starts_midway
from sumtune.diagnose.rules.output_rules import COLUMN_RULES, FIRST_RULES, LAST_RULES, LOOKS, RULES, Look, Rule
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.two_groups import two_groups
from sumtune.diagnose.rules.unlike import unlike_references
from sumtune.diagnose.rules.wording import misspelled, odd_lengths
from sumtune.diagnose.text_features import words

__all__ = ["find_output_faults", "share_of_lost_score"]

FEWEST_LEFT = 0.5
"""Share of the rows that must be left without a fault if the search is to go on."""


def find_output_faults(outputs: Outputs) -> Iterator[Finding]:
    """Yield the faults of `outputs`, each with the share of the lost score that is regained when it is undone.

    After each fault, the rules judge the repaired outputs; an uncertain finding repairs nothing. The search ends at a
    fault that cannot be undone. A rule finds at most one fault, except `repairable`: one fault for each repair.
    """
    now, left, known, touched, undone = outputs, list(RULES), set[str](), set[str](), list[str]()
    for rule in FIRST_RULES:
        if (finding := rule(now)) is not None:
            yield _of_the_rest(finding, outputs, now, undone)
            if finding.repaired is None:
                return
            now = finding.repaired
            undone.append(finding.code)
    while left:
        worst = _worst(now, left, known, touched)
        if worst is None or worst[1].code in known:
            return
        rule, finding = worst
        lost = share_of_lost_score(outputs, now, finding.repaired) if finding.repaired else None
        # What the first rule about looks has left over is less certain than its finding.
        later_look = rule in (*LOOKS, *LAST_RULES, cut_short) and any(look.__name__ in known for look in LOOKS)
        follows = later_look or (finding.code not in CERTAIN_REPAIRS and not _is_new(finding, now, touched))
        yield _of_the_rest(replace(finding, share=lost, follows=follows), outputs, now, undone)
        if finding.repaired is None or len(finding.repaired) < FEWEST_LEFT * len(now):
            return
        touched |= _touched(now, finding.repaired)
        if finding.sure:
            now = finding.repaired
            undone.append(finding.code)
        known.add(finding.code)
        left = [other for other in left if other is not rule or rule is repairable]


def _of_the_rest(finding: Finding, outputs: Outputs, now: Outputs, undone: Sequence[str]) -> Finding:
    """Return the finding with what its numbers leave out: rows and damage of earlier findings."""
    if not undone:
        return finding
    earlier = ", ".join(f"`{code}`" for code in dict.fromkeys(undone))
    count = len(outputs) - len(now)
    rows = f", so without {count} row{'s' if count > 1 else ''}" if count else ""
    title = re.sub(r"^(All|Most) (predictions|references)", r"\1 other \2", finding.title) if count else finding.title
    return replace(finding, title=title, evidence=f"Not counting {earlier}{rows}: {finding.evidence}")


def _worst(now: Outputs, left: Sequence[Rule], known: set[str], touched: set[str]) -> tuple[Rule, Finding] | None:
    """Return the most important fault of the outputs besides the `known` codes, and the rule that found it.

    How predictions look is judged only where no rule is sure of a cause, and only in rows that no earlier finding has
    touched.
    """
    rule, first = _strongest(now, left, known) or (two_groups, None)
    if first is not None and is_cause(rule, first) and not may_be_small(rule, first):
        return rule, first
    look = _first_of([pair for pair in _findings(LOOKS, now, known) if _is_new(pair[1], now, touched)])
    if look is not None:
        if first is None or explains_more(look[1], rule, first):
            return _more_specific(look, now, known) or look
        return rule, first
    if first is not None:
        return _behind(rule, first, now, known) or (rule, first)
    last = [] if known else _findings(LAST_RULES, now, known)[:1]
    if not last or last[0][0] is two_groups:
        return last[0] if last else None
    return _named(last[0][1], now, known) or last[0]


def _strongest(now: Outputs, left: Sequence[Rule], known: set[str]) -> tuple[Rule, Finding] | None:
    """Return the finding of highest priority. Rules that cannot outrank a wrong column or certain damage do not run."""
    found: dict[Rule, Finding] = {}
    for rules in (COLUMN_RULES, (repairable,), left):
        found |= dict(_findings([rule for rule in left if rule in rules and rule not in found], now, known))
        ordered = [(rule, found[rule]) for rule in left if rule in found]
        best = max(ordered, key=lambda pair: priority(now, *pair), default=None)
        if best is not None and is_certain(now, *best):
            return best
    return best


def _behind(rule: Rule, symptom: Finding, now: Outputs, known: set[str]) -> tuple[Rule, Finding] | None:
    """Return the finding of which a symptom is only a part: odd looks of the same predictions."""
    if rule is not cut_short:
        return _named(symptom, now, known) if symptom.code == "case_destroyed" else None
    unlike = _unlike_for_sure(now, rule, symptom)
    return None if unlike is None else _named(unlike, now, known) or (unlike_references, unlike)


def _unlike_for_sure(now: Outputs, rule: Rule, symptom: Finding) -> Finding | None:
    """Return that predictions are unlike the references if this is sure and explains more than a symptom."""
    unlike = unlike_references(now)
    return unlike if unlike is not None and unlike.sure and explains_more(unlike, rule, symptom) else None


def _first_of(looks: Sequence[tuple[Rule, Finding]]) -> tuple[Rule, Finding] | None:
    """Return the first of the looks that explain about as many predictions as the best one."""
    most = max((look.numbers["share"] for _, look in looks), default=0.0)
    return next((pair for pair in looks if pair[1].numbers["share"] >= LOOKS_SHARE * most), None)


def _more_specific(look: tuple[Rule, Finding], now: Outputs, known: set[str]) -> tuple[Rule, Finding] | None:
    """Return the look of which a lost start or end is only a part. A lost end may also be a sign of two groups.

    So may most of the predictions with only a few words, such as those of padded batches.
    """
    rule, finding = look
    if rule is misspelled:  # words of another language
        return _named(finding, now, known, ())
    if rule is odd_lengths and finding.numbers["share"] > 0.5 and (groups := two_groups(now, odd=True)) is not None:
        return two_groups, groups
    if rule not in (starts_midway, ends_midway):
        return None
    earlier = LOOKS[: [one.__name__ for one in LOOKS].index(rule.__name__)]
    earlier = tuple(one for one in earlier if one is not odd_lengths)  # a text that is cut off is short
    named = _named(finding, now, known, earlier)
    if named is None and rule is ends_midway:
        if (groups := two_groups(now)) is not None:
            return two_groups, groups
        unlike = _unlike_for_sure(now, rule, finding)
        named = None if unlike is None else (unlike_references, unlike)
    return named


def _named(
    odd: Finding, now: Outputs, known: set[str], rules: Sequence[Look] = LOOKS[:-1]
) -> tuple[Rule, Finding] | None:
    """Return the finding that says how most of the predictions that are `odd` look; None if none does.

    Predictions that are known to be odd are judged less strictly. A lost end, the last of the looks, says little.
    """
    suspects = _suspects(odd, now)
    foreign = wrong_language(now, suspects)
    if foreign is not None and foreign.code not in known:
        return wrong_language, foreign
    looks: list[tuple[Rule, Finding]] = [
        (rule, look) for rule in rules if (look := rule(now, suspects)) is not None and look.code not in known
    ]
    return _first_of(looks)


def _suspects(finding: Finding, now: Outputs) -> Mask:
    """Return which rows a finding is about, `(rows,)`."""
    rows = _touched(now, finding.repaired) if finding.repaired else set(now.ids)
    return np.array([name in rows for name in now.ids])


def _touched(before: Outputs, after: Outputs) -> set[str]:
    """Return the ids of the rows that a repair changes or leaves out."""
    texts = dict(zip(after.ids, after.predictions, strict=True))
    return {name for name, text in zip(before.ids, before.predictions, strict=True) if texts.get(name) != text}


def _is_new(finding: Finding, now: Outputs, touched: set[str]) -> bool:
    """Return whether most rows of `finding` were not touched by an earlier one."""
    rows = _touched(now, finding.repaired) if finding.repaired else set(now.ids)
    return 2 * len(rows & touched) <= len(rows)


def _findings(rules: Sequence[Rule], outputs: Outputs, known: set[str]) -> list[tuple[Rule, Finding]]:
    """Return the findings of `rules`, except those whose code is in `known`."""
    return [(rule, one) for rule in rules if (one := rule(outputs)) is not None and one.code not in known]


def share_of_lost_score(scored: Outputs, before: Outputs, after: Outputs) -> float | None:
    """Return the gain from `before` to `after` as a share of what `scored` lost (1 minus its ROUGE-1).

    None if `scored` lost nothing, or if ROUGE-1 does not show the fault.
    """
    lost = 1 - scored.score
    return (after.score - before.score) / lost if lost > 0 and _rouge1_shows(before, after) else None


def _rouge1_shows(before: Outputs, after: Outputs) -> bool:
    """Return whether ROUGE-1 can tell `before` from `after`.

    It reads neither dialogues nor the order of words, and rows that are left out must score lower than the others by
    more than two standard errors.
    """
    kept = np.isin(before.ids, after.ids)
    if not kept.all():
        return mean_difference(before.scores[kept], before.scores[~kept]).low > 0
    if before.references != after.references:
        return True
    rows = zip(before.predictions, after.predictions, strict=True)
    changed = [(words(one), words(two)) for one, two in rows if one != two]
    return not all(one != two and sorted(one) == sorted(two) for one, two in changed)
