"""Shows a diagnosis in the terminal."""

from collections.abc import Iterator

from sumtune.diagnose.diagnosis import Diagnosis
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.gains import FEWEST_FOR_INTERVAL, Gain, interval_of_difference

__all__ = ["lines"]

LEAST_SHARE = 0.005
"""Share of the lost score below which a finding shows none, because it would be rounded to 0%."""


def lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the score, the comparisons and the findings, most important first."""
    yield "DIAGNOSIS"
    if diagnosis.score is not None:
        score = diagnosis.score
        enough = diagnosis.n >= FEWEST_FOR_INTERVAL
        interval = f"95% interval {score.low:.3f} to {score.high:.3f}" if enough else "too few for an interval"
        yield f"ROUGE-1 {score.mean:.3f} over {diagnosis.n} example{'s' if diagnosis.n > 1 else ''}, {interval}"
    for gain in diagnosis.gains:
        yield _gain(gain, diagnosis.n)
    if not diagnosis.faults:
        yield "No fault was found."
    for number, finding in enumerate(diagnosis.findings, 1):
        yield from _finding(f"{number}.", finding)
    if diagnosis.advice:
        yield ""
        yield "Next:"
    for finding in diagnosis.advice:
        yield from _finding("-", finding)


def _gain(gain: Gain, count: int) -> str:
    if count < FEWEST_FOR_INTERVAL:
        return f"  {gain.system} scores {gain.score:.3f}: a difference of {gain.difference:+.3f}"
    verdict = "better than" if gain.low > 0 else "worse than" if gain.high < 0 else "no clear difference from"
    return (
        f"  {verdict} {gain.system} ({gain.score:.3f}): {gain.difference:+.3f}"
        f"{interval_of_difference(gain.low, gain.high, count)}, p {gain.p_value:.4f}"
    )


def _finding(bullet: str, finding: Finding) -> Iterator[str]:
    explains = finding.share is not None and finding.share >= LEAST_SHARE
    share = f"; explains {finding.share:.0%} of the lost ROUGE-1" if explains else ""
    yield ""
    yield f"{bullet} {finding.title} [{finding.code}, {finding.severity}{share}]"
    yield f"   {finding.evidence}"
    if finding.examples:
        yield "   For example: " + " | ".join(finding.examples).replace("\x1b", "␛").replace("\n", " ")
    yield f"   Remedy: {finding.remedy}{':' if finding.commands else ''}"
    for command in finding.commands:
        yield f"      {command}"
