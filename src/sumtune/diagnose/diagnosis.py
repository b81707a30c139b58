"""From the summary of a run to ranked findings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import SEVERITIES, Finding, to_row
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.remedies import advice as advice_remedies
from sumtune.diagnose.remedies import data as data_remedies
from sumtune.diagnose.remedies import output_faults as output_remedies
from sumtune.diagnose.remedies import training as training_remedies
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.rules import advice, data, fit, output_faults, pairs, splits, training
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.bootstrap import interval, paired
from sumtune.evaluate.scorecard import BASE, Estimate

__all__ = ["ADVICE_RULES", "DATA_RULES", "REMEDIES", "TRAINING_RULES", "Diagnosis", "Gain", "diagnose", "to_json"]

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
"""In the order of causes: only the first that holds is named, what comes after would be its symptom."""
DATA_RULES: tuple[Rule, ...] = (
    splits.leak,
    pairs.summaries_unrelated,
    pairs.label_noise,
    data.dialogues_truncated,
    splits.splits_differ,
    data.duplicates,
    data.too_few_examples,
)
NOT_YET_LEARNED = ("never_stops",)
"""Faults of outputs that a run of ours only has where it learned too little: its engine stops at every end mark."""
TEACHES_TOO_LITTLE = (
    "nothing_learned", "loss_on_prompt", "learning_rate_too_high", "warmup_too_long", "learning_rate_too_low",
    "adapter_not_used", "too_few_steps", "underfitting", "too_few_examples",
)  # fmt: skip
"""Causes of that."""
ADVICE_RULES: tuple[Rule, ...] = (advice.more_data, advice.larger_model, advice.score_with_sumtune)

REMEDIES: Mapping[str, Callable[[Finding, Context], Remedy]] = {
    name: getattr(module, name)
    for module in (output_remedies, training_remedies, data_remedies, advice_remedies)
    for name in module.__all__
}
"""What to do, by the code of a finding."""


@dataclass(frozen=True)
class Gain:
    """ROUGE-1 of the diagnosed system against another one on the same examples."""

    system: str
    score: float
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Diagnosis:
    """What holds the score down, most important first."""

    score: Estimate | None
    """ROUGE-1; None where nothing was scored."""
    n: int
    gains: tuple[Gain, ...]
    findings: tuple[Finding, ...]
    """Faults and limits."""
    advice: tuple[Finding, ...]
    """What would raise the score next; empty while there is a fault."""

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that make the numbers mean nothing."""
        return tuple(finding for finding in self.findings if finding.severity == "fault")


def diagnose(context: Context, seed: int = 0, *, our_engine: bool = True) -> Diagnosis:
    """All findings about `context`, ranked; `seed` is of the bootstrap, `our_engine` whether it wrote the outputs."""
    found = list(output_faults.find_output_faults(context.outputs)) if context.outputs else []
    # What training and data did is judged on what the model wrote, not on what a fault made of it.
    repaired = found[-1].repaired if found else context.outputs
    judged = replace(context, outputs=repaired if repaired is not None else context.outputs)
    readable = all(finding.code in NOT_YET_LEARNED for finding in found)
    causes = _first(TRAINING_RULES, context if readable else replace(judged, base=None)) + _all(DATA_RULES, judged)
    found = _attributed(found, causes) if our_engine and context.training is not None else found + causes
    faulty = any(finding.severity == "fault" for finding in found)
    # Where a fault cannot be undone, what these outputs would score without a limit says nothing.
    if not any(finding.severity == "fault" and finding.repaired is None for finding in found):
        found = [_with_share(finding, context.outputs, judged.outputs) for finding in found]
    return Diagnosis(
        score=_estimate(context.outputs, seed) if context.outputs else None,
        n=len(context.outputs) if context.outputs else 0,
        gains=tuple(_gains(context, seed)),
        findings=tuple(_with_remedy(finding, context) for finding in sorted(found, key=_rank)),
        advice=() if faulty else tuple(_with_remedy(finding, context) for finding in _all(ADVICE_RULES, context)),
    )


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis for `diagnosis.json`."""
    return {
        "rouge1": asdict(diagnosis.score) if diagnosis.score else None,
        "n": diagnosis.n,
        "against": [asdict(gain) for gain in diagnosis.gains],
        "findings": [to_row(finding) for finding in diagnosis.findings],
        "advice": [to_row(finding) for finding in diagnosis.advice],
    }


def _with_remedy(finding: Finding, context: Context) -> Finding:
    remedy = REMEDIES[finding.code](finding, context)
    return replace(finding, remedy=remedy.text, commands=remedy.commands)


def _rank(finding: Finding) -> tuple[float, int]:
    """Largest share of the lost score first, then severity; the order of the rules decides the rest."""
    return -round(finding.share or 0.0, 3), SEVERITIES.index(finding.severity)


def _first(rules: Sequence[Rule], context: Context) -> list[Finding]:
    return _all(rules, context)[:1]


def _all(rules: Sequence[Rule], context: Context) -> list[Finding]:
    return [finding for rule in rules if (finding := rule(context)) is not None]


def _attributed(found: list[Finding], causes: list[Finding]) -> list[Finding]:
    """All of both; but what was not learned yet is no finding beside the cause for that, it is evidence for it."""
    symptom = next((finding for finding in found if finding.code in NOT_YET_LEARNED), None)
    cause = next((one for one in causes if one.code in TEACHES_TOO_LITTLE), None)
    if symptom is None or cause is None:
        return found + causes
    why = replace(
        cause, evidence=f"{cause.evidence} So the model has not learned to end a summary: {symptom.evidence}",
        numbers={**symptom.numbers, **cause.numbers}, examples=symptom.examples, share=symptom.share,
        repaired=symptom.repaired,
    )  # fmt: skip
    return [finding for finding in found if finding is not symptom] + [why if one is cause else one for one in causes]


def _with_share(finding: Finding, scored: Outputs | None, judged: Outputs | None) -> Finding:
    if finding.share is not None or finding.repaired is None or scored is None or judged is None:
        return finding
    return replace(finding, share=output_faults.share_of_lost_score(scored, judged, finding.repaired))


def _estimate(scored: Outputs, seed: int) -> Estimate:
    low, high = interval(scored.scores, np.random.default_rng(seed))
    return Estimate(scored.score, float(low), float(high))


def _gains(context: Context, seed: int) -> list[Gain]:
    """The diagnosed system against the base model and the baselines, where dialogues are known."""
    if context.outputs is None:
        return []
    others = {BASE: context.base} if context.base else {}
    for name, baseline in BASELINES.items():
        if context.outputs.dialogues is not None:
            others[name] = context.outputs.with_predictions([baseline(text) for text in context.outputs.dialogues])
    return [_gain(name, context.outputs, other, seed) for name, other in others.items()]


def _gain(name: str, scored: Outputs, other: Outputs, seed: int) -> Gain:
    differences = scored.scores - other.scores
    low, high, p_value = paired(differences, np.random.default_rng(seed))
    return Gain(name, other.score, float(differences.mean()), float(low), float(high), float(p_value))
