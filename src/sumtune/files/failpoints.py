"""Places where a test can kill the process, as a power cut would."""

import os
import signal
from collections import Counter

__all__ = ["POINTS", "failpoint"]

KILL_AT = "SUMTUNE_KILL_AT"
"""Environment variable: `point:n` kills the process when it reaches that point for the n-th time."""
POINTS = (
    "file.begun", "file.whole", "file.renamed", "folder.begun", "folder.whole", "folder.removed", "folder.renamed",
    "draft.removed", "draft.adopted", "checkpoint.adapter", "checkpoint.optimizer", "checkpoint.pruned", "step.moved",
    "step.logged", "candidates.saved", "stage.finished",
)  # fmt: skip
_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Kill the process if `SUMTUNE_KILL_AT` names this point and this pass; otherwise do nothing."""
    wanted = os.environ.get(KILL_AT)
    if wanted is None:
        return
    assert name in POINTS
    _passed[name] += 1
    if wanted == f"{name}:{_passed[name]}":
        os.kill(os.getpid(), signal.SIGKILL)
