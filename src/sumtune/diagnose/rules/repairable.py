"""Damage to outputs that a repair undoes."""

from collections.abc import Sequence

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.gains import interval_of_difference
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.search import Repaired, find_chain
from sumtune.diagnose.text_features import how_many, share

__all__ = ["repairable"]


def repairable(outputs: Outputs) -> Finding | None:
    """The repair or short chain of repairs that brings back most ROUGE-1. The code is the name of the last repair."""
    found = find_chain(outputs, REPAIRS)
    if found is None:
        return None
    changed, last = list(found.changed), found.chain[-1]
    lost = [any(one.nothing_left(text) for one in found.chain) for text in outputs.predictions]
    whole = found.outputs.filtered([not one for one in lost])
    effect = _left(lost, whole) if any(lost) else _effect(outputs, found)
    what = ", after which they ".join(repair.what for repair in found.chain)
    return Finding(
        code=last.name,
        title=f"{how_many(changed)} predictions {what}",
        severity="fault",
        evidence=f"{sum(changed)} of {len(changed)} predictions {what}. {effect}",
        numbers={
            "share": share(changed), "rouge1": outputs.score, "rouge1_mended": (whole or found.outputs).score,
            **({} if any(lost) else {"gain_low": found.low, "gain_high": found.high}),
        },
        examples=outputs.excerpts(changed, SHOWN_EXAMPLES),
        repaired=whole,
    )  # fmt: skip


def _left(lost: Sequence[bool], whole: Outputs | None) -> str:
    """Return how many predictions hold no summary behind their damage, and the score of the others."""
    others = f" The others score {whole.score:.3f}." if whole else ""
    return f"{sum(lost)} of these hold no summary.{others}"


def _effect(outputs: Outputs, found: Repaired) -> str:
    if f"{found.outputs.score:.3f}" == f"{outputs.score:.3f}":
        return f"The damage does not change ROUGE-1 ({found.outputs.score:.3f})."
    return (
        f"Without this damage, the same outputs score {found.outputs.score:.3f} instead of {outputs.score:.3f}: "
        f"{found.gain:+.3f}{interval_of_difference(found.low, found.high, sum(found.changed))}."
    )
