"""From data to the tuned adapter. All checks that can refuse a run come before any change in its folder."""

import shlex
from dataclasses import dataclass, replace
from functools import partial

from rich.console import Console

from sumtune.commands.expectation import Expectation, expect, recorded_expectation
from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.resume import require_same_settings, state_to_resume, with_recorded_limits
from sumtune.commands.run_record import environment, known_record, update_record
from sumtune.config import Config
from sumtune.config_resolution import assignment
from sumtune.files.draft import adopt, drafted
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.forecast.forecast import (
    Forecast,
    cached_peak_bytes,
    calibrate,
    evaluation_seconds,
    forecast,
    forecast_remaining,
)
from sumtune.forecast.ranking import candidate_seconds
from sumtune.memory import free_memory
from sumtune.model.device_memory import peak_bytes, reset_peak
from sumtune.model.generation_settings import GenerationSettings, load_generation
from sumtune.model.read_lengths import recorded_read_lengths
from sumtune.rank.stages import Reports, learn_to_rank
from sumtune.terminal.announcement import announcement
from sumtune.terminal.changes import show_changes
from sumtune.terminal.progress import generation_progress, training_progress
from sumtune.terminal.status import status
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.final_adapter import elapsed_seconds, finished, save_adapter_of
from sumtune.train.followers import call_followers, require_shareable
from sumtune.train.process_group import ALONE, Group
from sumtune.train.session import Session

__all__ = ["train_adapter"]


@dataclass(frozen=True)
class _Plan:
    """A training that passed every check."""

    session: Session
    forecast: Forecast
    resumed: TrainState | None
    """The state that it continues from; None for a new training."""
    expectation: Expectation | None = None
    """What the run is expected to reach; None if it is not scored."""


def train_adapter(
    config: Config,
    run_dir: RunDir,
    console: Console,
    resume: bool,
    overwrite: bool,
    *,
    evaluates: bool,
    history: bool = True,
    group: Group = ALONE,
) -> None:
    """Prepare the data and train, unless the adapter is up to date. A refused run changes nothing in its folder.

    With `history`, the user's finished runs help to forecast the scores. The processes of `group` share the training.
    """
    require_shareable(config, group)
    if not overwrite:
        config = with_recorded_limits(config, run_dir)
        require_same_settings(config, run_dir)
    with status(console, "Preparing the model; the first run on this machine takes longest"):
        limited = within_limits(config, console)
    with drafted(run_dir) as draft:
        with status(console, "Preparing the data"):
            prepare_data(config, limited, draft, console)
        if finished(config, draft):
            adopt(draft)
            _skip_training(config, run_dir, console, evaluates)
            return
        with status(console, "Measuring time and memory on this machine"):
            expectation = _expectation(config, draft, history) if evaluates else None
            plan = _plan(config, draft, console, resume, overwrite, evaluates, group)
            plan = replace(plan, expectation=expectation)
        if plan.resumed is None:
            training.clear(run_dir)
        adopt(draft)
    state = _train(config, replace(plan, session=replace(plan.session, run_dir=run_dir)), console)
    if config.rank.candidates:
        del plan  # its model must not stay in memory
        free_memory()
        _learn_to_rank(config, run_dir, state, console)


def _expectation(config: Config, run_dir: RunDir, history: bool) -> Expectation:
    """Return what the run is expected to reach: as its first start said, if it continues."""
    recorded = recorded_expectation(run_dir) if checkpoint.latest_intact(run_dir.trainer)[0] else None
    return recorded or expect(config, run_dir, history=history)


def _plan(
    config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool, evaluates: bool, group: Group
) -> _Plan:
    """Check that the training can run, and forecast its time and memory.

    Raises:
        SumtuneError: the training cannot run.
    """
    resumed = state_to_resume(config, run_dir, console, resume, overwrite)
    evaluation_s = _evaluation_forecast(config, run_dir, resumed) if evaluates else None
    candidates_s = _candidate_forecast(config, run_dir, resumed)
    session = training.prepare(config, run_dir, resumed.precision if resumed else "")
    if resumed is None:
        training.require_disk_space(session)
    session = replace(fit_to_memory(session, cached_peak_bytes(session)), group=group)
    rest = forecast_remaining(session, resumed.step, evaluation_s) if resumed else None
    return _Plan(session, rest or forecast(session, evaluation_s, candidates_s), resumed)


def _evaluation_forecast(config: Config, run_dir: RunDir, resumed: TrainState | None) -> float:
    """Return the forecast in seconds: that of the first start, or one measured before training needs memory."""
    record, settings = known_record(run_dir), config.model_dump(mode="json")
    same = all(record.get("config", {}).get(section) == settings[section] for section in ("decode", "evaluate"))
    recorded = (record.get("forecast") or {}).get("evaluation_s") if resumed and same else None
    return evaluation_seconds(config, run_dir) if recorded is None else float(recorded)


def _candidate_forecast(config: Config, run_dir: RunDir, resumed: TrainState | None) -> float | None:
    """Return the forecast of candidates in seconds for a run that learns to rank and has no forecast yet."""
    recorded = (known_record(run_dir).get("forecast") or {}).get("rank_s")
    return candidate_seconds(config, run_dir) if config.rank.candidates and not (resumed and recorded) else None


def _train(config: Config, plan: _Plan, console: Console) -> TrainState:
    """Run the stage train. If learning to rank follows, the adapter is saved for it, but not published."""
    run_dir, resumed = plan.session.run_dir, plan.resumed is not None
    record = {"config": config.model_dump(mode="json"), **environment()}
    record["machine"]["kernels"] = plan.session.kernels
    record["read"] = recorded_read_lengths(run_dir)
    forecast_record = vars(plan.forecast) | {"total_s": plan.forecast.total_s}
    scores = None
    if plan.expectation is not None:
        scores, forecast_record = plan.expectation.scores, forecast_record | plan.expectation.record()
    write_record(run_dir.run_json, {**record, "forecast": forecast_record})
    console.print(announcement(plan.session, plan.forecast, scores))
    if plan.resumed is not None:
        console.print(f"Continuing from step {plan.resumed.step}.")
    ranks, device = config.rank.candidates > 0, plan.session.loss_fn.device
    reset_peak(device)
    call_followers(plan.session, resumed)
    with training_progress(console) as report:
        state = (training.fit if ranks else training.run)(plan.session, report, resume=resumed)
    if ranks:
        save_adapter_of(config, run_dir, state, run_dir.supervised)
    update_record(run_dir, {"training_s": state.elapsed_s, "peak_memory_bytes": peak_bytes(device)})
    if not resumed and plan.session.group.size == 1:
        calibrate(plan.session, plan.forecast, state.elapsed_s)
    return state


def _learn_to_rank(config: Config, run_dir: RunDir, supervised: TrainState, console: Console) -> None:
    """Run the stages of learning to rank, which publish the adapter."""
    reports = Reports(partial(training_progress, console), partial(generation_progress, console), fit_to_memory)
    elapsed_s = learn_to_rank(config, run_dir, supervised, reports)
    update_record(run_dir, {"training_s": elapsed_s})


def _skip_training(config: Config, run_dir: RunDir, console: Console, evaluates: bool) -> None:
    """Record the settings and say that the adapter is up to date; only an evaluation changes how it generates."""
    current, requested = load_generation(run_dir.adapter), GenerationSettings.of(config)
    recorded = config if evaluates else config.model_copy(update={"decode": current.decode})
    entries = {"config": recorded.model_dump(mode="json"), "training_s": elapsed_seconds(run_dir)}
    update_record(run_dir, environment() | known_record(run_dir) | entries)
    console.print(f"The adapter in {run_dir.adapter} was trained with the same data and settings: training is skipped.")
    if not evaluates and (changes := current.changes_to(requested)):
        settings = shlex.join(part for key, (_, new) in changes.items() for part in ("--set", assignment(key, new)))
        command = f"sumtune evaluate --run-dir {shlex.quote(str(run_dir.root))} {settings}"
        console.print(f"Its generation settings are unchanged ({show_changes(changes)} was not applied). To score "
                      f"and use the new ones: {command}", highlight=False, markup=False, soft_wrap=True)  # fmt: skip
