"""`sumtune compare`: each run against the first."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sumtune.evaluate.compare import compare
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir
from sumtune.report.report_stage import require_file, write_comparison
from sumtune.terminal.comparison import comparison_report
from sumtune.terminal.expected import forecast_and_actual

__all__ = ["compare_runs"]


def compare_runs(runs: Sequence[RunDir], console: Console, *, html: Path | None = None, examples: bool = True) -> None:
    """Compare the first run with each of the others. Print the comparisons, and write them to `html` if it is given.

    Raises:
        RunDirError: a folder holds no scored run or a damaged one, or they were scored on different examples.
        ConfigError: `html` is a folder.
    """
    if html is not None:
        require_file(html)
    cards = [load_scorecard(run) for run in runs]
    for run in runs:
        run.require(run.run_json, "run")
    settings = [run.record().get("config", {}) for run in runs]
    names = [str(run.root) for run in runs]
    comparisons = [
        compare(cards[0], card, (settings[0], config), (names[0], name))
        for card, config, name in zip(cards[1:], settings[1:], names[1:], strict=True)
    ]
    for comparison, name in zip(comparisons, names[1:], strict=True):
        console.print(comparison_report(comparison, (names[0], name)))
    if (table := forecast_and_actual(names, [run.record() for run in runs])) is not None:
        console.print(table)
    if html is not None:
        write_comparison(runs, comparisons, html, examples=examples)
        console.print(f"Written: {html}", soft_wrap=True)
