"""A trial of a search: trains and scores settings in a run folder, in any process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.resume import state_to_resume
from sumtune.config import Config
from sumtune.config_resolution import revise
from sumtune.decode.unsupported import UnsupportedError
from sumtune.errors import ConfigError, SumtuneError
from sumtune.evaluate import evaluate_stage
from sumtune.evaluate.sampled_summaries import SampledSummaries
from sumtune.evaluate.scorecard import TUNED
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.memory import free_memory
from sumtune.model.precision import assume_bf16_speedup
from sumtune.search.study import TrialResult
from sumtune.terminal.console import plain_console
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.event_log import Event, EventCallback, read_events
from sumtune.train.final_adapter import finished
from sumtune.train.loop import Sample
from sumtune.train.sampling_budget import SamplingBudget
from sumtune.train.session import Session

__all__ = ["RANKED", "TrialJob", "run_trial"]

SAMPLED = 32
"""Validation summaries that are scored after each epoch of a trial, to stop bad trials early."""
RANKED = ("rouge1", "rouge2", "rougeL")
"""The score of a trial is the mean of these."""
FAILURES = (ConfigError, SumtuneError)
"""Errors of settings or of training; the others concern files and would end any other trial, too."""
LOCK_WAIT_S = 60.0
"""Time in which a process that worked on the same trial before must have ended, after its search was killed."""


@dataclass(frozen=True)
class TrialJob:
    """Settings to train and score in `folder`, where a killed trial is continued."""

    base: Config
    changes: tuple[str, ...]
    """What the trial changes in `base`, as `key=value` texts."""
    folder: Path
    bars: Mapping[int, float]
    """Least sampled score, by epoch, with which the trial goes on."""
    bf16_speedup: float
    """Speed of bf16 on the CPU relative to fp32, which decides what number formats are chosen."""


class _StoppedEarly(Exception):  # noqa: N818
    """A sampled score is too low."""


def run_trial(job: TrialJob) -> TrialResult:
    """Train and score `job`; a killed trial continues, and ends with the result of an undisturbed one.

    A trial fails if its settings do not suit the model or the machine's memory, or if its loss stays infinite or NaN.

    Raises:
        StoppedError: the user stopped it; everything is saved.
    """
    assume_bf16_speedup(job.bf16_speedup)
    with locked(job.folder, LOCK_WAIT_S):
        try:
            return _result(revise(job.base, job.changes), RunDir(job.folder), job.bars)
        except SumtuneError as error:
            if type(error) not in FAILURES:
                raise
            return TrialResult(None, {}, str(error))


def _result(config: Config, run_dir: RunDir, bars: Mapping[int, float]) -> TrialResult:
    """Train and score `config` unless a sampled score is below its bar."""

    def require_good() -> None:
        sampled = _sampled(config, run_dir)
        if any(sampled[epoch] < bar for epoch, bar in bars.items() if epoch in sampled):
            raise _StoppedEarly

    def watch(event: Event) -> None:
        if event["event"] == "sampled":
            require_good()

    try:
        require_good()  # a killed process may have written the score
        score = _score(config, run_dir, watch)
    except _StoppedEarly:
        checkpoint.delete(checkpoint.list_checkpoints(run_dir.trainer))
        score = None
    return TrialResult(score, _sampled(config, run_dir))


def _sampled(config: Config, run_dir: RunDir) -> dict[int, float]:
    """Return the sampled scores in the event log of a run, by epoch.

    The last epoch is left out: a low learning rate at its end makes it better than the same epoch of longer trials.
    """
    events = [event for event in read_events(run_dir.train_metrics) if event["event"] == "sampled"]
    by_epoch = {round(event["progress"] * config.train.epochs): _mean(event) for event in events}
    return {epoch: score for epoch, score in by_epoch.items() if epoch < config.train.epochs}


def _score(config: Config, run_dir: RunDir, watch: EventCallback) -> float:
    """Train in `run_dir` unless that is done, score, and return the mean of `RANKED` on the judging part."""
    quiet = plain_console(quiet=True)
    prepare_data(config, within_limits(config, quiet), run_dir, quiet)
    if not finished(config, run_dir):
        resumed = state_to_resume(config, run_dir, quiet, resume=False, overwrite=False)
        if resumed is None:
            training.clear(run_dir)
        session = fit_to_memory(training.prepare(config, run_dir, resumed.precision if resumed else ""), None)
        training.run(session, watch, resumed is not None, _sampler(session))
        del session
        free_memory()
    scorecard = evaluate_stage.run(config, run_dir, lambda _name, _total: lambda _done: None)
    return _mean({metric: estimate.mean for metric, estimate in scorecard.systems[TUNED].metrics.items()})


def _sampler(session: Session) -> Sample:
    """Return what samples summaries after each epoch, whatever time it takes, so that no trial depends on the clock."""
    try:
        return SampledSummaries(session, SAMPLED, SamplingBudget(0.0, share=float("inf")))
    except UnsupportedError:
        return lambda _elapsed_s: None


def _mean(scores: Mapping[str, Any]) -> float:
    return sum(float(scores[metric]) for metric in RANKED) / len(RANKED)
