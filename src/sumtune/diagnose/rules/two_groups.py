"""Scores of two kinds: good ones, and a group near zero that something simple sets apart."""

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.score_groups import find_low_group

__all__ = ["two_groups"]

FEWEST_EXAMPLES = 20


def two_groups(outputs: Outputs) -> Finding | None:
    """A group of examples that scores near zero while the others score well."""
    group = find_low_group(outputs) if len(outputs) >= FEWEST_EXAMPLES else None
    if group is None:
        return None
    members = group.members
    low, others = float(outputs.scores[members].mean()), float(outputs.scores[~members].mean())
    return Finding(
        code="two_groups",
        title="A group of the predictions scores near zero, and the others do not",
        severity="fault",
        evidence=f"{members.sum()} of the {len(outputs)} predictions score {low:.3f} on average, and the others "
        f"{others:.3f}. What sets the low ones apart: {group.description}.",
        numbers={"low": int(members.sum()), "rows": len(outputs), "rouge1_low": low, "rouge1_others": others,
                 "p_value": group.p_value},
        examples=outputs.excerpts(members.tolist(), SHOWN_EXAMPLES),
        repaired=outputs.filtered((~members).tolist()),
    )  # fmt: skip
