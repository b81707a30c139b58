"""Damage to outputs that a repair undoes."""

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.gains import interval_of_difference
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.search import Repaired, find_chain
from sumtune.diagnose.text_features import how_many, share

__all__ = ["repairable"]

SHOWN_GAIN = 0.0005
"""Smallest change of ROUGE-1 that a text with three decimals can show."""


def repairable(outputs: Outputs) -> Finding | None:
    """The repair or short chain of repairs that brings back most ROUGE-1. The code is the name of the last repair."""
    found = find_chain(outputs, REPAIRS)
    if found is None:
        return None
    changed, last = list(found.changed), found.chain[-1]
    what = ", after which they ".join(repair.what for repair in found.chain)
    return Finding(
        code=last.name,
        title=f"{how_many(changed)} predictions {what}",
        severity="fault",
        evidence=f"{sum(changed)} of {len(changed)} predictions {what}. {_effect(outputs, found)}",
        numbers={
            "share": share(changed), "rouge1": outputs.score, "rouge1_mended": found.outputs.score,
            "gain_low": found.low, "gain_high": found.high,
        },
        examples=outputs.excerpts(changed, SHOWN_EXAMPLES),
        repaired=found.outputs,
    )  # fmt: skip


def _effect(outputs: Outputs, found: Repaired) -> str:
    if abs(found.gain) < SHOWN_GAIN:
        return f"The damage does not change ROUGE-1 ({found.outputs.score:.3f})."
    return (
        f"Without this damage, the same outputs score {found.outputs.score:.3f} instead of {outputs.score:.3f}: "
        f"{found.gain:+.3f}{interval_of_difference(found.low, found.high, sum(found.changed))}."
    )
