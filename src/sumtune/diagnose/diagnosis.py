"""Apply the rules to a context and rank the findings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import SEVERITIES, Finding, to_row
from sumtune.diagnose.gains import Gain, compare
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.remedies import advice as advice_remedies
from sumtune.diagnose.remedies import data as data_remedies
from sumtune.diagnose.remedies import looks as looks_remedies
from sumtune.diagnose.remedies import output_faults as output_remedies
from sumtune.diagnose.remedies import repairs as repair_remedies
from sumtune.diagnose.remedies import training as training_remedies
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.rules import (
    advice,
    data,
    expectation,
    fit,
    other_style,
    output_faults,
    output_rules,
    pairs,
    score,
    splits,
    tokenization,
    training,
)
from sumtune.evaluate.scorecard import Estimate

__all__ = [
    "ADVICE_RULES",
    "DATA_RULES",
    "EXPECTATION_RULES",
    "REMEDIES",
    "SCORE_RULES",
    "TRAINING_RULES",
    "Diagnosis",
    "diagnose",
    "to_json",
]

Rule = Callable[[Context], Finding | None]

TRAINING_RULES: tuple[Rule, ...] = (
    training.nothing_learned,
    training.loss_on_prompt,
    training.learning_rate_too_high,
    training.warmup_too_long,
    training.learning_rate_too_low,
    training.adapter_not_used,
    training.too_few_steps,
    fit.rank_too_high,
    fit.overfitting,
    fit.underfitting,
    fit.rank_too_low,
)
"""Rules with causes before their symptoms. The diagnosis reports only the first that applies."""
DATA_RULES: tuple[Rule, ...] = (
    splits.leak,
    pairs.summaries_misplaced,
    pairs.label_noise,
    data.dialogues_truncated,
    splits.splits_differ,
    data.duplicates,
    data.too_few_examples,
)
UNREAD = "letters_dropped"
"""The finding that comes first."""
UNEXPLAINED = "score_unexplained"
"""The finding that no known fault explains the score."""
UNKNOWN_REASON = "unlike_references"
"""The finding that says only that predictions are odd, which explains no score."""
SYMPTOMS_OF_LITTLE_TRAINING = ("never_stops",)
"""Output faults that sumtune's own engine shows only after too little training, because it stops at every end mark."""
CAUSES_OF_LITTLE_TRAINING = (
    "nothing_learned", "loss_on_prompt", "learning_rate_too_high", "warmup_too_long", "learning_rate_too_low",
    "adapter_not_used", "too_few_steps", "underfitting", "too_few_examples",
)  # fmt: skip
SCORE_RULES = (score.score_unexplained,)
"""Rules that apply only if no other rule found a fault that changes the score."""
EXPECTATION_RULES: tuple[Rule, ...] = (expectation.score_below_expected, expectation.score_above_expected)
"""Rules on what was forecast. They judge the outputs as they are, whatever the cause."""
ADVICE_RULES: tuple[Rule, ...] = (advice.more_data, advice.larger_model, advice.score_with_sumtune)

REMEDIES: Mapping[str, Callable[[Finding, Context], Remedy]] = {
    **repair_remedies.REMEDIES,
    **looks_remedies.REMEDIES,
} | {
    name: getattr(module, name)
    for module in (output_remedies, training_remedies, data_remedies, advice_remedies)
    for name in module.__all__
}
"""Remedies by the code of the finding."""


@dataclass(frozen=True)
class Diagnosis:
    """Reasons for a low score, most important first."""

    score: Estimate | None
    """ROUGE-1; None if nothing was scored."""
    n: int
    gains: tuple[Gain, ...]
    findings: tuple[Finding, ...]
    """Faults and weaknesses."""
    advice: tuple[Finding, ...]
    """What to do next; empty if there is a fault."""

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Findings that make the score or the training meaningless."""
        return tuple(finding for finding in self.findings if finding.severity == "fault")


def diagnose(context: Context, seed: int = 0, *, our_engine: bool = True) -> Diagnosis:
    """Return all findings about `context`, ranked.

    `seed` is the seed of the bootstrap; `our_engine` says whether sumtune itself generated the outputs.
    """
    unfit = tokenization.unfit_for_rouge_score(context.outputs) if context.outputs else None
    if unfit is not None:  # then all scores are by the words of the language
        context = replace(context, outputs=unfit.repaired)
    found = list(output_faults.find_output_faults(context.outputs)) if context.outputs else []
    # Rules for training and data judge the outputs without the damage from the faults found above.
    repaired = next((finding.repaired for finding in reversed(found) if finding.sure), None)
    judged = replace(context, outputs=context.outputs if repaired is None else repaired)
    readable = all(finding.code in SYMPTOMS_OF_LITTLE_TRAINING for finding in found)
    in_outputs = {finding.code for finding in found}
    causes = _first(TRAINING_RULES, context if readable else replace(judged, base=None))
    causes += _all(DATA_RULES, _without_pairs(judged) if _cannot_be_undone(found) else judged)
    found = _attributed(found, causes) if our_engine and context.training is not None else found + causes
    found += _all(EXPECTATION_RULES, context)
    score, gains = compare(context, seed)
    if unfit is None:
        found = [*_score_findings(context, found, gains), *found] or _style(context)
    faulty = any(finding.severity == "fault" for finding in found)
    # With a fault that cannot be undone, no weakness gets a share, because the score without them would mean nothing.
    if not _cannot_be_undone(found):
        found = [
            finding if finding.code in in_outputs else _with_share(finding, context.outputs, judged.outputs)
            for finding in found
        ]
    return Diagnosis(
        score=score,
        n=len(context.outputs) if context.outputs else 0,
        gains=gains,
        findings=tuple(_with_remedy(finding, context) for finding in (*([unfit] if unfit else ()), *_ranked(found))),
        advice=() if faulty else tuple(_with_remedy(finding, context) for finding in _all(ADVICE_RULES, context)),
    )


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the content of `diagnosis.json`."""
    return {
        "rouge1": asdict(diagnosis.score) if diagnosis.score else None,
        "n": diagnosis.n,
        "against": [asdict(gain) for gain in diagnosis.gains],
        "findings": [to_row(finding) for finding in diagnosis.findings],
        "advice": [to_row(finding) for finding in diagnosis.advice],
    }


def _cannot_be_undone(found: Sequence[Finding]) -> bool:
    return any(finding.severity == "fault" and finding.repaired is None for finding in found)


def _without_pairs(context: Context) -> Context:
    """Return `context` without the dialogues of damaged outputs, which say nothing about their references."""
    return replace(context, outputs=replace(context.outputs, dialogues=None) if context.outputs else None)


def _score_findings(context: Context, found: Sequence[Finding], gains: Sequence[Gain]) -> list[Finding]:
    """Return the finding that the score is too low, unless another finding explains it."""
    looks = {rule.__name__ for rules in (output_rules.LOOKS, output_rules.LAST_RULES) for rule in rules}
    if context.outputs is None or any(
        finding.severity == "fault" and finding.code != UNKNOWN_REASON and (finding.share != 0 or finding.code in looks)
        for finding in found
    ):
        return []
    if any(finding.code in (*CAUSES_OF_LITTLE_TRAINING, "columns_swapped") for finding in found):
        return []
    return [finding for rule in SCORE_RULES if (finding := rule(context.outputs, gains)) is not None]


def _style(context: Context) -> list[Finding]:
    """Return the finding that all predictions have another style than the references, if they do."""
    found = other_style.other_style(context.outputs) if context.outputs else None
    return [] if found is None else [found]


def _with_remedy(finding: Finding, context: Context) -> Finding:
    remedy = REMEDIES[finding.code](finding, context)
    return replace(finding, remedy=remedy.text, commands=remedy.commands)


def _ranked(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings with the largest share of the lost score first, then by severity.

    A fault that ROUGE-1 does not show stands before the first finding that concerns fewer rows. Ties keep the order of
    the rules. A finding about the same rows as the one before it stays behind that one.
    """
    groups: list[list[Finding]] = []
    for finding in found:
        if finding.follows and groups:
            groups[-1].append(finding)
        else:
            groups.append([finding])
    ordered = sorted((group for group in groups if not _is_unseen(group[0])), key=lambda group: min(map(_rank, group)))
    for group in sorted(filter(lambda group: _is_unseen(group[0]), groups), key=lambda group: -_rows(group[0])):
        fewer = (place for place, other in enumerate(ordered) if _rows(other[0]) < _rows(group[0]))
        ordered.insert(next(fewer, len(ordered)), group)
    return [finding for group in ordered for finding in group]


def _is_unseen(finding: Finding) -> bool:
    """Return whether a finding is a fault of some rows that ROUGE-1 does not show."""
    return finding.severity == "fault" and finding.share is None and "share" in finding.numbers


def _rows(finding: Finding) -> float:
    """Return the share of the rows that an output fault concerns; 0 for findings about training and data."""
    if finding.code in (UNREAD, UNEXPLAINED):
        return math.inf
    whole_file = 1.0 if finding.share is not None else 0.0
    return finding.numbers.get("share", whole_file) if finding.severity == "fault" else 0.0


def _rank(finding: Finding) -> tuple[bool, float, int]:
    """Return a sort key. Texts that ROUGE cannot read come first, because the score says nothing about them.

    A score that no known fault explains comes before odd predictions, whose reason is unknown.
    """
    seen = 0.0 if finding.code == UNKNOWN_REASON else round(max(0.0, finding.share or 0.0), 3)
    return finding.code != UNREAD, -seen, SEVERITIES.index(finding.severity)


def _first(rules: Sequence[Rule], context: Context) -> list[Finding]:
    return _all(rules, context)[:1]


def _all(rules: Sequence[Rule], context: Context) -> list[Finding]:
    return [finding for rule in rules if (finding := rule(context)) is not None]


def _attributed(found: list[Finding], causes: list[Finding]) -> list[Finding]:
    """Return `found` and `causes`; a symptom of too little training becomes evidence of its cause."""
    symptom = next((finding for finding in found if finding.code in SYMPTOMS_OF_LITTLE_TRAINING), None)
    cause = next((finding for finding in causes if finding.code in CAUSES_OF_LITTLE_TRAINING), None)
    if symptom is None or cause is None:
        return found + causes
    merged = replace(
        cause, evidence=f"{cause.evidence} The model has not learned to end a summary: {symptom.evidence}",
        numbers={**symptom.numbers, **cause.numbers}, examples=symptom.examples, share=symptom.share,
        repaired=symptom.repaired,
    )  # fmt: skip
    others = [finding for finding in found if finding is not symptom]
    return others + [merged if finding is cause else finding for finding in causes]


def _with_share(finding: Finding, scored: Outputs | None, judged: Outputs | None) -> Finding:
    if finding.share is not None or finding.repaired is None or scored is None or judged is None:
        return finding
    return replace(finding, share=output_faults.share_of_lost_score(scored, judged, finding.repaired))
