"""`--track`: send a run to MLflow, TensorBoard or Trackio. A tracker that fails does not affect the run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from sumtune.commands.run_record import known_record
from sumtune.config import Config
from sumtune.errors import StoppedError
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir
from sumtune.report.hub_folder import write_hub_folder
from sumtune.report.report_stage import write_report
from sumtune.terminal.status import status
from sumtune.track.choice import Choice, choices_of
from sumtune.track.follower import Follower, Results
from sumtune.track.log_tail import tails_of
from sumtune.track.metrics import flattened, numbers_in
from sumtune.track.references import References
from sumtune.track.tracker import Outcome, TrackedRun

__all__ = ["Tracking", "tracked"]

LONGEST_WAIT_S = 60.0
"""At the end of a run, trackers have this time for what they lack."""
SHORTEST_WAIT_S = 5.0
"""Their time if the run was stopped or has failed, or if its own time is over."""
ACTUAL = ("training_s", "evaluation_s", "peak_memory_bytes")
ADAPTER, REPORT, PREDICTIONS = "adapter", "report.html", "predictions.jsonl"


class Tracking:
    """The trackers of a run. Without any, it does nothing."""

    def __init__(self, run_dir: RunDir, choices: list[Choice], examples: bool, warn: Callable[[str], None]) -> None:
        """With `examples`, trackers also get the conversations."""
        self._run_dir, self._choices, self._examples, self._warn = run_dir, choices, examples, warn
        self._followers: list[Follower] = []

    def begin(self) -> None:
        """Follow the training that is about to start or continue; `run.json` and the log are those of this run."""
        if not self._choices or self._followers:
            return
        with self._harmless():
            record, references = known_record(self._run_dir), References(self._run_dir)
            environment = dict(flattened({key: record.get(key) or {} for key in ("versions", "machine")}))
            run = TrackedRun(self._run_dir.root, dict(flattened(record.get("config") or {})), environment)
            tails, forecast = partial(tails_of, self._run_dir), _forecast(record)
            for choice in self._choices:
                follower = Follower(str(choice), choice.make, run, tails, references, self._warn, forecast)
                follower.start()
                self._followers.append(follower)

    def finish(self, console: Console, *, scored: bool, left_s: float = LONGEST_WAIT_S) -> None:
        """Send scores, times, report and adapter, and wait for at most `left_s` or a minute."""
        if not self._followers:
            return
        with status(console, f"Sending to {', '.join(map(str, self._choices))}"), TemporaryDirectory() as folder:
            results = Results("finished")
            with self._harmless():
                results = _results(self._run_dir, Path(folder), scored=scored, examples=self._examples)
            self._end(results, min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, left_s)))

    def give_up(self, outcome: Outcome) -> None:
        """Send what there is of a run that does not finish, if it has not finished already."""
        self._end(Results(outcome), SHORTEST_WAIT_S)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        """Warn instead of letting an error end the run."""
        try:
            yield
        except Exception as error:
            self._warn(f"Warning: the run is not tracked as a whole: {type(error).__name__}.")

    def _end(self, results: Results, wait_s: float) -> None:
        followers, self._followers, deadline = self._followers, [], time.monotonic() + wait_s
        for follower in followers:
            follower.end(results)
        for follower in followers:
            follower.wait(deadline - time.monotonic())


@contextmanager
def tracked(config: Config, run_dir: RunDir, console: Console) -> Iterator[Tracking]:
    """Yield the trackers of `config`, which learn how the block ends.

    Raises:
        ConfigError: a tracker is unknown or not installed.
    """
    warn = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    tracking = Tracking(run_dir, choices_of(config.track), config.track_examples, warn)
    try:
        yield tracking
    except (StoppedError, KeyboardInterrupt):
        tracking.give_up("stopped")
        raise
    except BaseException:
        tracking.give_up("failed")
        raise


def _forecast(record: dict[str, object]) -> dict[str, float]:
    """Return the times, memory and scores that the run is expected to need and reach."""
    forecast = record.get("forecast")
    if not isinstance(forecast, dict):
        return {}
    plain = {name: forecast.get(name) for name in (*ACTUAL, "total_s")}
    expected = {metric: {"low": ends[0], "high": ends[1]} for metric, ends in (forecast.get("expected") or {}).items()}
    return dict(numbers_in({"forecast": {**plain, **expected}}))


def _results(run_dir: RunDir, folder: Path, *, scored: bool, examples: bool) -> Results:
    """Return the figures of a finished run, and its files, of which some are written to `folder`."""
    if not scored:
        files = {f"{ADAPTER}/{path.name}": path for path in run_dir.adapter.iterdir() if path.is_file()}
        return Results("finished", _actual(run_dir), files)
    scorecard = load_scorecard(run_dir)
    scores = {
        system: {metric: {"mean": one.mean, "low": one.low, "high": one.high} for metric, one in found.metrics.items()}
        for system, found in scorecard.systems.items()
    }
    figures = _actual(run_dir) | {name.removesuffix("/mean"): value for name, value in numbers_in({"scores": scores})}
    adapter = folder / ADAPTER
    adapter.mkdir()
    write_hub_folder(run_dir, None, adapter)
    files = {f"{ADAPTER}/{path.name}": path for path in sorted(adapter.iterdir())}
    files[REPORT] = write_report(run_dir, examples=examples, output=folder / REPORT)
    if examples:
        files[PREDICTIONS] = run_dir.evaluation / PREDICTIONS
    return Results("finished", figures, files)


def _actual(run_dir: RunDir) -> dict[str, float]:
    """Return the times and the memory that the run has needed."""
    record = known_record(run_dir)
    return dict(numbers_in({"actual": {name: record.get(name) for name in ACTUAL}}))
