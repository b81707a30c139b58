"""The verdict: whether tuning helped, by how much, and how sure that is, in words for people who do not know ROUGE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.bootstrap import RESAMPLES
from sumtune.evaluate.scorecard import BASE, TUNED, Scorecard
from sumtune.report.view.gains import Gain, Outcome, gains_of

__all__ = ["Verdict", "verdict_of"]

Kind = Literal["good", "mixed", "bad"]
NAMES = {BASE: "the untuned model"}
AGAINST_COPYING: Mapping[Outcome, str] = {
    "better": "beats copying parts of the conversation",
    "unclear": "is not clearly better than copying parts of the conversation",
    "worse": "scores below copying parts of the conversation",
}


@dataclass(frozen=True)
class Verdict:
    """The sentences at the top of the report."""

    kind: Kind
    headline: str
    sentences: tuple[str, ...]


def verdict_of(scorecard: Scorecard, diagnosis: Mapping[str, Any] | None) -> Verdict:
    """Return the verdict. A fault in the diagnosis comes first, because scores with a fault mean little."""
    gains = {gain.system: gain for gain in gains_of(scorecard)}
    base, copying = gains.get(BASE), _copying(gains)
    compared = [gain for gain in (base, copying) if gain is not None]
    kind, headline = _headline(base, copying)
    if any(finding.get("severity") == "fault" for finding in (diagnosis or {}).get("findings", ())):
        kind, headline = "bad", "The diagnosis found a fault: do not rely on these scores yet."
    return Verdict(kind, headline, (_score(scorecard), *([_gains(compared), _sure(compared)] if compared else [])))


def _copying(gains: Mapping[str, Gain]) -> Gain | None:
    """Return the gain over the better of the baselines that copy turns."""
    found = [gains[name] for name in BASELINES if name in gains]
    return min(found, key=lambda gain: gain.difference) if found else None


def _headline(base: Gain | None, copying: Gain | None) -> tuple[Kind, str]:
    against = AGAINST_COPYING[copying.outcome if copying else "unclear"]
    beats_copying = copying is not None and copying.outcome == "better"
    also = "but" if beats_copying else "and"
    if base is None:
        return "good" if beats_copying else "mixed", f"The tuned model {against}. The untuned model was not scored."
    if base.outcome == "better" and beats_copying:
        return "good", f"Tuning worked: the tuned model beats the untuned model, and it {against}."
    if base.outcome == "better":
        return "mixed", f"Tuning helped, but the tuned model {against}."
    if base.outcome == "unclear":
        return "mixed", f"It is not clear that tuning helped, {also} the tuned model {against}."
    return "bad", f"Tuning made the summaries worse, {also} the tuned model {against}."


def _score(scorecard: Scorecard) -> str:
    score, signature = scorecard.systems[TUNED].metrics["rouge1"], scorecard.signature
    seen = ", which training also used" if signature.split == "validation" else ", which training has not seen"
    return (
        f"The tuned model reaches a ROUGE-1 of {score.mean:.3f} (95% interval {score.low:.3f} to {score.high:.3f}), "
        f"the overlap in words with summaries written by people, from 0 to 1. This is the mean of {signature.n:,} "
        f"conversations of the {signature.split} split{seen}."
    )


def _gains(gains: list[Gain]) -> str:
    return f"That is {' and '.join(map(_gain, gains))}."


def _gain(gain: Gain) -> str:
    sides = ("above", "below") if gain.difference >= 0 else ("below", "above")
    low, high = (gain.low, gain.high) if gain.difference >= 0 else (-gain.high, -gain.low)
    ends = f"{low:.3f} to {high:.3f}" if low >= 0 else f"{-low:.3f} {sides[1]} to {high:.3f} {sides[0]}"
    return f"{abs(gain.difference):.3f} {sides[0]} {_name(gain)} (95% interval {ends})"


def _name(gain: Gain) -> str:
    return NAMES.get(gain.system, f"{gain.system}, the better way of copying")


def _sure(gains: list[Gain]) -> str:
    """Return how often chance alone would give differences as large as these."""
    clear = [gain for gain in gains if gain.outcome != "unclear"]
    unclear = [gain for gain in gains if gain.outcome == "unclear"]
    parts = []
    if clear:
        chance = max(gain.p_value for gain in clear)
        what = "Differences this large" if len(clear) > 1 else f"A difference from {_name(clear[0])} this large"
        parts.append(f"{what} would appear by chance in {_share(chance)} samples of conversations.")
    if unclear:
        names = " and from ".join(_name(gain) for gain in unclear)
        parts.append(f"The difference from {names} may be chance: its interval includes zero.")
    return " ".join(parts)


def _share(p_value: float) -> str:
    """Return a p-value as a rate, not smaller than one in the number of resamples.

    >>> _share(0.00005), _share(0.03)
    ('fewer than 1 in 10,000', 'about 1 in 33')
    """
    return f"fewer than 1 in {RESAMPLES:,}" if p_value * RESAMPLES <= 1 else f"about 1 in {round(1 / p_value):,}"
