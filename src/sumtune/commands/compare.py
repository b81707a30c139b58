"""`sumtune compare`: each run against the first."""

from collections.abc import Sequence

from rich.console import Console

from sumtune.evaluate.compare import compare
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir
from sumtune.terminal.comparison import comparison_report
from sumtune.terminal.expected import forecast_and_actual

__all__ = ["compare_runs"]


def compare_runs(runs: Sequence[RunDir], console: Console) -> None:
    """Print a comparison of each other run with the first.

    Raises:
        RunDirError: a folder holds no scored run or a damaged one, or they were scored on different examples.
    """
    cards = [load_scorecard(run) for run in runs]
    for run in runs:
        run.require(run.run_json, "run")
    settings = [run.record().get("config", {}) for run in runs]
    for run, card, config in zip(runs[1:], cards[1:], settings[1:], strict=True):
        names = (str(runs[0].root), str(run.root))
        console.print(comparison_report(compare(cards[0], card, (settings[0], config), names), names))
    if (table := forecast_and_actual([str(run.root) for run in runs], [run.record() for run in runs])) is not None:
        console.print(table)
