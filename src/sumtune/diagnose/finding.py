"""A finding of a rule, with its evidence and the commands that fix it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sumtune.diagnose.outputs import Outputs

__all__ = ["SEVERITIES", "SHOWN_EXAMPLES", "Finding", "Severity", "to_row"]

Severity = Literal["fault", "weakness", "advice"]
"""A fault makes the score or the training meaningless. A weakness lowers the score of a correct run."""
SEVERITIES: tuple[Severity, ...] = ("fault", "weakness", "advice")
SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One cause of a low or misleading score. `code` is the name of the rule that found it."""

    code: str
    title: str
    """What is wrong. It claims no more than `evidence` shows."""
    severity: Severity
    evidence: str
    """One or two sentences with the numbers."""
    sure: bool = True
    """False if the finding may be due to chance; the title then says so."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The numbers behind the evidence, by name."""
    examples: tuple[str, ...] = ()
    """Ids of a few examples, some with the start of the prediction, but never with text from a dialogue."""
    share: float | None = None
    """Share of the lost ROUGE-1 (1 minus the score) that is regained without the cause; None if unknown."""
    repaired: Outputs | None = field(default=None, repr=False, compare=False)
    """Outputs with the cause undone, or only the examples without it; None if neither is possible."""
    follows: bool = False
    """Whether most of its rows were repaired because of an earlier finding, so that it may be a part of the same
    damage."""
    columns: tuple[str, ...] = ()
    """Roles of two swapped columns, or the same role twice if only one column is known to be wrong."""
    remedy: str = ""
    """What to do. `diagnosis.REMEDIES` fills this in, not the rules."""
    commands: tuple[str, ...] = ()
    """Commands of the remedy, ready to type."""


def to_row(finding: Finding) -> dict[str, Any]:
    """Return the entry for `diagnosis.json`."""
    names = ("code", "title", "severity", "sure", "evidence", "remedy", "share")
    row = {name: getattr(finding, name) for name in names}
    lists = {"commands": list(finding.commands), "examples": list(finding.examples)}
    return row | lists | {"numbers": dict(finding.numbers)}
