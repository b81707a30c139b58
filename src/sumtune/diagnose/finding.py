"""What a rule found, with the evidence for it and the commands that mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sumtune.diagnose.outputs import Outputs

__all__ = ["SEVERITIES", "SHOWN_EXAMPLES", "Finding", "Severity", "to_row"]

Severity = Literal["fault", "limit", "advice"]
"""A fault makes scores or training mean nothing; a limit holds a sound run back; advice is what to do next."""
SEVERITIES: tuple[Severity, ...] = ("fault", "limit", "advice")
SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One cause. `code` is the name of the rule that found it."""

    code: str
    title: str
    """What is wrong, in plain words."""
    severity: Severity
    evidence: str
    """One or two sentences with the numbers."""
    sure: bool = True
    """False where the evidence may be chance: then the title says so."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The numbers of the evidence by name."""
    examples: tuple[str, ...] = ()
    """At most three: ids, where it helps with the beginning of the prediction, never with a dialogue."""
    share: float | None = None
    """Part of what ROUGE-1 lacks to 1 that comes back when the cause is undone; None where that cannot be computed."""
    repaired: Outputs | None = field(default=None, repr=False, compare=False)
    """The same outputs with the cause undone, or without the examples that have it; None where neither is possible."""
    columns: tuple[str, ...] = ()
    """Roles of the two columns that are swapped; one role twice where it holds what belongs to none."""
    remedy: str = ""
    """What to do; rules leave it to `diagnosis.REMEDIES`."""
    commands: tuple[str, ...] = ()
    """The commands that do it, as they are typed."""


def to_row(finding: Finding) -> dict[str, Any]:
    """The finding for `diagnosis.json`."""
    names = ("code", "title", "severity", "sure", "evidence", "remedy", "share")
    row = {name: getattr(finding, name) for name in names}
    lists = {"commands": list(finding.commands), "examples": list(finding.examples)}
    return row | lists | {"numbers": dict(finding.numbers)}
