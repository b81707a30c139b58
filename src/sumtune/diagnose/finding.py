"""A finding: what a rule found, its evidence, and the commands that fix it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sumtune.diagnose.outputs import Outputs

__all__ = ["SEVERITIES", "SHOWN_EXAMPLES", "Finding", "Severity", "to_row"]

Severity = Literal["fault", "limit", "advice"]
"""A fault makes the score or the training meaningless, a limit holds a sound run back, advice is the next step."""
SEVERITIES: tuple[Severity, ...] = ("fault", "limit", "advice")
SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One cause of a low or misleading score. `code` is the name of the rule that found it."""

    code: str
    title: str
    """What is wrong; claims no more than `evidence` shows."""
    severity: Severity
    evidence: str
    """One or two sentences with the numbers."""
    sure: bool = True
    """False if the evidence may be chance; the title then says so."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The numbers behind the evidence, by name."""
    examples: tuple[str, ...] = ()
    """Ids of a few examples, some with the start of the prediction, never with text of a dialogue."""
    share: float | None = None
    """Share of the lost ROUGE-1 (1 minus the score) that returns without the cause; None if it cannot be computed."""
    repaired: Outputs | None = field(default=None, repr=False, compare=False)
    """The outputs with the cause undone, or only the examples without it; None if neither is possible."""
    columns: tuple[str, ...] = ()
    """Roles of two swapped columns; the same role twice if only one column is known to be wrong."""
    remedy: str = ""
    """What to do; filled in from `diagnosis.REMEDIES`, not by rules."""
    commands: tuple[str, ...] = ()
    """The commands that do it, ready to type."""


def to_row(finding: Finding) -> dict[str, Any]:
    """Return the entry for `diagnosis.json`."""
    names = ("code", "title", "severity", "sure", "evidence", "remedy", "share")
    row = {name: getattr(finding, name) for name in names}
    lists = {"commands": list(finding.commands), "examples": list(finding.examples)}
    return row | lists | {"numbers": dict(finding.numbers)}
