"""Remedies for damage that a repair undoes: the library of repairs says what to fix in the other tool."""

from collections.abc import Callable, Mapping

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedies.output_faults import fix_and_score_again
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.repairs.library import REPAIRS

__all__ = ["REMEDIES"]

INSTRUCTIONS = {repair.name: repair.remedy for repair in REPAIRS}


def fix_damage(finding: Finding, context: Context) -> Remedy:
    """Tell the user what to fix, and to score again."""
    return fix_and_score_again(context, INSTRUCTIONS[finding.code])


REMEDIES: Mapping[str, Callable[[Finding, Context], Remedy]] = dict.fromkeys(INSTRUCTIONS, fix_damage)
"""Remedies by the name of the repair."""
