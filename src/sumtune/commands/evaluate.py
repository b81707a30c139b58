"""`sumtune evaluate`: the scores of an adapter beside the base model and the baselines."""

import shlex
from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console

from sumtune.commands.accepted_settings import EVALUATE, require_accepted
from sumtune.commands.run_record import recorded_config, update_record
from sumtune.config import Config
from sumtune.data.ingest import truncated_dialogues
from sumtune.data.issues import display
from sumtune.evaluate import evaluate_stage
from sumtune.evaluate.scorecard import Scorecard
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.model.generation_settings import GenerationSettings, load_generation
from sumtune.summarizer import OnProgress
from sumtune.terminal import scores
from sumtune.terminal.changes import show_changes
from sumtune.terminal.progress import generation_progress
from sumtune.terminal.status import status

__all__ = ["evaluate_run", "evaluation_config", "score_adapter"]


def evaluation_config(run_dir: RunDir, assignments: Sequence[str]) -> Config:
    """Return the recorded configuration of a run, changed by `key=value` texts.

    Raises:
        RunDirError: the folder holds no run.
        ConfigError: a setting is unknown or invalid, or does nothing in an evaluation.
    """
    config = recorded_config(run_dir, tuple(assignments))
    require_accepted("evaluate", assignments, EVALUATE)
    return config


def evaluate_run(
    config: Config, run_dir: RunDir, console: Console, *, again: bool = False, results: Console | None = None
) -> Scorecard:
    """Score the adapter of a run folder, print the scores on `results` (None: `console`), and return them.

    With `again`, engines and scores are rebuilt even if nothing changed.

    Raises:
        RunDirError: the folder holds no adapter, or another process writes to it.
    """
    run_dir.require(run_dir.adapter, "train")
    with locked(run_dir.root):
        scorecard = score_adapter(config, run_dir, console, again, results)
    for line in display(truncated_dialogues(run_dir)):
        console.print(line, highlight=False, markup=False)
    if _is_outdated(run_dir):
        command = f"sumtune report --run-dir {shlex.quote(str(run_dir.root))}"
        console.print(f"The report shows earlier scores. To renew it: {command}", highlight=False, soft_wrap=True)
    return scorecard


def _is_outdated(run_dir: RunDir) -> bool:
    """Return whether the report was written before the scores."""
    scores = run_dir.evaluation / "scores.json"
    return run_dir.report.is_file() and run_dir.report.stat().st_mtime < scores.stat().st_mtime


def score_adapter(
    config: Config, run_dir: RunDir, console: Console, again: bool = False, results: Console | None = None
) -> Scorecard:
    """Run the stage evaluate in a locked run folder, and print the scores on `results` (None: `console`)."""
    before = load_generation(run_dir.adapter)
    with ExitStack() as shown:
        shown.enter_context(status(console, "Preparing the engine that generates summaries"))

        def start(name: str, total: int) -> OnProgress:
            shown.close()  # a terminal has room for one status or bar at a time
            return shown.enter_context(generation_progress(console, f"Summarizing ({name})", total))

        scorecard = evaluate_stage.run(config, run_dir, start, again=again)
    # The adapter's generation settings, and the time that the evaluation took.
    recorded = run_dir.record().get("config", {}) | {"decode": config.decode.model_dump(mode="json")}
    update_record(run_dir, {"config": recorded, "evaluation_s": scorecard.elapsed_s})
    _show(scorecard, config, run_dir, results or console)
    if changes := before.changes_to(GenerationSettings.of(config)):
        console.print(f"Changed ({show_changes(changes)}): `summarize` and `serve` now use these settings, too.",
                      highlight=False, markup=False, soft_wrap=True)  # fmt: skip
    return scorecard


def _show(scorecard: Scorecard, config: Config, run_dir: RunDir, console: Console) -> None:
    for panel in scores.examples(scorecard, config.evaluate.shown_examples):
        console.print(panel)
    for table in scores.tables(scorecard):
        console.print(table)
    engines = {f"{used['engine']} {used['number_format']}" for used in scorecard.signature.decoding.values()}
    console.print(f"Generated with: {', '.join(sorted(engines))}")
    for name, path in {"Scores": run_dir.evaluation / "metrics.csv", "Adapter": run_dir.adapter}.items():
        console.print(f"{name}: {path}", soft_wrap=True)
