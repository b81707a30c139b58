"""Scores of two kinds: good ones, and a group of very low ones that something simple sets apart."""

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.score_groups import find_low_group

__all__ = ["two_groups"]

FEWEST_EXAMPLES = 20


def two_groups(outputs: Outputs, *, odd: bool = False) -> Finding | None:
    """A group of examples that scores far lower than the others. `odd`: most predictions are known to be odd."""
    group = find_low_group(outputs, odd=odd) if len(outputs) >= FEWEST_EXAMPLES else None
    if group is None:
        return None
    members = group.members
    low, others = float(outputs.scores[members].mean()), float(outputs.scores[~members].mean())
    return Finding(
        code="two_groups",
        title="A group of the predictions scores far lower than the others",
        severity="fault",
        evidence=f"{members.sum()} of the {len(outputs)} predictions score {low:.3f} on average, and the others "
        f"{others:.3f}. What sets the low ones apart: {group.description}.",
        numbers={"low": int(members.sum()), "rows": len(outputs), "rouge1_low": low, "rouge1_others": others,
                 "p_value": group.p_value},
        examples=outputs.excerpts(members.tolist(), SHOWN_EXAMPLES),
        repaired=outputs.filtered((~members).tolist()),
    )  # fmt: skip
