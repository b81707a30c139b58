"""Tune a model, and score it again."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from sumtune.api.diagnosis import Diagnosis, shown_diagnosis
from sumtune.api.examples import Examples
from sumtune.api.progress import Progress, console_of
from sumtune.api.report import Report
from sumtune.api.scores import Scores, scores_of_systems
from sumtune.api.settings import assignments_of
from sumtune.api.stored_examples import stored_examples
from sumtune.commands.evaluate import evaluate_run, evaluation_config
from sumtune.commands.run_options import config_of
from sumtune.diagnose import diagnosis as rules
from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.evaluate.scorecard import Scorecard
from sumtune.files.run_dir import DEFAULT_RUN_DIR, RunDir
from sumtune.terminal.diagnosis import lines
from sumtune.terminal.scores import tables

__all__ = ["Run", "evaluate", "tune"]


@dataclass(frozen=True)
class Run:
    """A scored run, displayed as text, and as HTML in a notebook. Functions accept it in place of its folder."""

    folder: Path
    scores: Mapping[str, Scores]
    """Scores by system: `tuned`, `base` (the model before tuning), `lead-3` and `longest-3` (copied turns)."""
    diagnosis: Diagnosis
    report: Report
    """Scores, faithfulness and diagnosis, without any dialogue."""

    def __fspath__(self) -> str:
        return str(self.folder)

    def __str__(self) -> str:
        return str(self.report)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def tune(
    examples: Examples, *, preset: str | None = None, model: str | None = None,
    run_dir: str | os.PathLike[str] = DEFAULT_RUN_DIR, settings: Mapping[str, Any] | None = None,
    dialogue_column: str | None = None, summary_column: str | None = None, style_column: str | None = None,
    drop_invalid: bool = False, within: str | None = None, track: Sequence[str] = (), track_examples: bool = False,
    resume: bool = False, overwrite: bool = False, history: bool = True, progress: Progress = True,
) -> Run:  # fmt: skip
    """Check the examples, tune the model on them, score and diagnose it, as `sumtune run` does.

    `examples` is a file, a folder, a Hugging Face data set id or `embedded`; or pairs of dialogue and summary, rows as
    mappings, a pandas DataFrame, a `datasets.Dataset`, or a mapping of `train`, `validation` and `test` to any of these
    four. Examples from memory are also written to the run folder, so that an interrupted run can be resumed.

    `settings` are those of `--set`, for example `{"train.epochs": 2}`; the other arguments are the options of
    `sumtune run` (`history=False` is `--no-history`, `track=["mlflow"]` is `--track mlflow`). `progress` is False to
    show none, or a function that gets each line of it.

    >>> import sumtune
    >>> run = sumtune.tune("chats.csv", preset="fast", run_dir="runs/chats", progress=False)  # doctest: +SKIP
    >>> run.scores["tuned"].rouge1  # doctest: +SKIP, +ELLIPSIS
    0... (0... to 0...)

    Raises:
        SumtuneError: the examples, the model or the settings cannot be used, or the folder holds another run. The
            message is that of the command.
        StoppedError: training was interrupted; the same call continues it.
    """
    folder, columns, started = RunDir(Path(run_dir)), (dialogue_column, summary_column, style_column), time.monotonic()
    with stored_examples(examples, folder) as data:
        given, trackers = assignments_of(settings), [track] if isinstance(track, str) else list(track)
        config = config_of(preset, None, given, data, model, *columns, drop_invalid, within, trackers, track_examples)
        from sumtune.commands import pipeline  # imports PyTorch and transformers

        found = pipeline.run(
            config, folder, console_of(progress), resume=resume, overwrite=overwrite, history=history,
            started=started, results=Console(quiet=True),
        )  # fmt: skip
    return _run(folder, *found)


def evaluate(
    run: str | os.PathLike[str] = DEFAULT_RUN_DIR, *, settings: Mapping[str, Any] | None = None, again: bool = False,
    progress: Progress = True,
) -> Run:  # fmt: skip
    """Return the run in a folder with its scores; score it first if it has none, as `sumtune evaluate` does.

    With `settings` of `decode` and `evaluate`, such as `{"decode.beams": 1}`, it is scored with them, and later
    summaries are generated with them, too. `again` rebuilds everything. `progress` is as in `tune`.

    >>> import sumtune
    >>> greedy = sumtune.evaluate("runs/chats", settings={"decode.beams": 1}, progress=False)  # doctest: +SKIP
    >>> list(greedy.scores)  # doctest: +SKIP
    ['tuned', 'base', 'lead-3', 'longest-3']

    Raises:
        SumtuneError: the folder holds no run, or a setting cannot be used.
    """
    folder = RunDir(Path(run))
    config = evaluation_config(folder, assignments_of(settings))
    scorecard = evaluate_run(config, folder, console_of(progress), again=again, results=Console(quiet=True))
    return _run(folder, scorecard, diagnose_run(folder))


def _run(run_dir: RunDir, scorecard: Scorecard, found: rules.Diagnosis) -> Run:
    report = Report(*tables(scorecard), "\n".join(lines(found)))
    return Run(run_dir.root, scores_of_systems(scorecard), shown_diagnosis(found), report)
