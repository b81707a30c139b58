"""Remedies for advice: what to try next, in a new folder to compare with the run."""

from pathlib import Path

from sumtune.config import Config
from sumtune.diagnose.command_lines import FILE, MODEL
from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedy import Remedy

__all__ = ["larger_model", "more_data", "score_with_sumtune"]


def more_data(finding: Finding, context: Context) -> Remedy:
    """Add examples if that is known to help; otherwise find out with a run on half of them."""
    commands = context.commands
    if not finding.sure:
        half = commands.new_folder("half")
        changes = {"data.train_share": (commands.config or Config()).data.train_share / 2}
        compare = () if commands.run_dir is None else (commands.compare(half, commands.run_dir),)
        return Remedy(
            "measure it: train on half of the examples, and compare", (commands.run_in(half, changes), *compare)
        )
    more, old = commands.new_folder("more"), commands.run_dir
    run = commands.run_in(more, commands.changed_data)
    if old is not None and Path(commands.data).is_dir():
        text = "add conversations to the training split only, so that both runs are scored on the same ones"
        return Remedy(text, (run, commands.compare(old, more)))
    return Remedy("add conversations to the data", (run,))


def larger_model(_finding: Finding, context: Context) -> Remedy:
    """Try a larger model."""
    commands = context.commands
    larger = commands.new_folder("larger")
    compare = () if commands.run_dir is None else (commands.compare(commands.run_dir, larger),)
    return Remedy("try a larger base model, and compare", (commands.run_in(larger, {"model.name": MODEL}), *compare))


def score_with_sumtune(_finding: Finding, context: Context) -> Remedy:
    """Tune on the same data, to measure what more data or training would bring."""
    commands = context.commands
    text = "tune on the same data, to see what it needs"
    return Remedy(text, (commands.run_in(commands.new_folder("tuned"), {"data.path": FILE}),))
