"""`sumtune run` and `train`: the stages in order. They share nothing but the files of the run folder.

ingest → validate → split → encode → train → evaluate → diagnose → report
"""

from rich.console import Console

from sumtune.commands.diagnose import show_diagnosis
from sumtune.commands.evaluate import score_adapter
from sumtune.commands.expectation import show_outcome
from sumtune.commands.failure import recorded_failure
from sumtune.commands.report import write_documents
from sumtune.commands.tracking import tracked
from sumtune.commands.train import train_adapter
from sumtune.commands.within import Deadline, evaluated_in_time
from sumtune.config import Config
from sumtune.diagnose.diagnosis import Diagnosis
from sumtune.evaluate.scorecard import Scorecard
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.train.followers import dismiss_followers
from sumtune.train.process_group import ALONE, Group

__all__ = ["run", "train"]


def run(
    config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False,
    history: bool = True, group: Group = ALONE, started: float | None = None, results: Console | None = None,
) -> tuple[Scorecard, Diagnosis]:  # fmt: skip
    """Run every stage from data to report; skip those whose result is up to date.

    With `history`, the user's finished runs help to forecast the scores, and this run joins them. The processes of
    `group` share the training. `started` is when the command started, in seconds of the monotonic clock; None means
    now. `console` shows the progress, and `results` (None: `console`) the scores and the diagnosis, which are returned.

    Raises:
        RunDirError: the folder holds a run with other settings or data, and `overwrite` is False.
        StoppedError: the user stopped the training; the same command continues it.
    """
    deadline = Deadline.of(config, started)
    with locked(run_dir.root), tracked(config, run_dir, console) as tracking:
        trained = train_adapter(
            config, run_dir, console, resume, overwrite, evaluates=True, history=history, group=group,
            deadline=deadline, on_begin=tracking.begin,
        )  # fmt: skip
        dismiss_followers(group)
        free_memory()
        with recorded_failure(run_dir):
            config = trained.config
            if deadline is not None and not run_dir.has(run_dir.evaluation / "metrics.csv"):
                config = evaluated_in_time(config, run_dir, deadline.after(trained.earlier_s))
            scorecard = score_adapter(config, run_dir, console, results=results)
            show_outcome(config, run_dir, scorecard, console, history=history)
            diagnosis = show_diagnosis(run_dir, results or console)
            for path in write_documents(run_dir):
                console.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)
        left = {} if deadline is None else {"left_s": deadline.after(trained.earlier_s).left_s()}
        tracking.finish(console, scored=True, **left)
    if deadline is not None:
        console.print(deadline.used(trained.earlier_s))
    return scorecard, diagnosis


def train(
    config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False,
    group: Group = ALONE, started: float | None = None,
) -> None:  # fmt: skip
    """Run every stage up to the tuned adapter; raises what `run` raises."""
    deadline = Deadline.of(config, started)
    with locked(run_dir.root), tracked(config, run_dir, console) as tracking:
        train_adapter(
            config, run_dir, console, resume, overwrite, evaluates=False, group=group, deadline=deadline,
            on_begin=tracking.begin,
        )  # fmt: skip
        dismiss_followers(group)
        tracking.finish(console, scored=False)
