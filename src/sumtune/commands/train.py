"""From data to the tuned adapter. All checks that can refuse a run come before any change in its folder."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from rich.console import Console

from sumtune.commands.expectation import Expectation, expect, recorded_expectation
from sumtune.commands.failure import recorded_failure
from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.resume import require_no_search, require_same_settings, state_to_resume, with_recorded_limits
from sumtune.commands.run_record import environment, expected_rouge1, known_record, update_record
from sumtune.commands.within import Deadline, choice_record, choose_within, recorded_choice, with_recorded_choice
from sumtune.config import Config
from sumtune.config_resolution import assignment
from sumtune.evaluate.sampled_summaries import SampledSummaries
from sumtune.files.draft import adopt, drafted
from sumtune.files.failpoints import failpoint
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.forecast.evaluation import evaluation_costs
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.forecast.forecast import (
    Forecast,
    cached_peak_bytes,
    calibrate,
    forecast,
    forecast_remaining,
)
from sumtune.forecast.ranking import candidate_seconds
from sumtune.forecast.within import Choice
from sumtune.memory import free_memory
from sumtune.model.device_memory import peak_bytes, reset_peak
from sumtune.model.generation_settings import GenerationSettings, load_generation
from sumtune.model.read_lengths import recorded_read_lengths
from sumtune.rank.stages import Reports, learn_to_rank
from sumtune.terminal.announcement import announcement
from sumtune.terminal.changes import show_changes
from sumtune.terminal.progress import generation_progress, training_progress
from sumtune.terminal.status import status
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.event_log import read_events
from sumtune.train.final_adapter import elapsed_seconds, finished, save_adapter_of
from sumtune.train.followers import call_followers, require_shareable
from sumtune.train.loop import Sample
from sumtune.train.process_group import ALONE, Group
from sumtune.train.sampling_budget import SamplingBudget
from sumtune.train.session import Session

__all__ = ["Trained", "train_adapter"]


@dataclass(frozen=True)
class Trained:
    """How an adapter was trained."""

    config: Config
    """The settings; with a time limit, those that were chosen to fit into it."""
    earlier_s: float
    """Seconds of training before this command."""


@dataclass(frozen=True)
class _Plan:
    """A training that passed every check."""

    session: Session
    forecast: Forecast
    choice: Choice | None
    """What was chosen to end in time; None if the run has no limit."""
    resumed: TrainState | None
    """The state that it continues from; None for a new training."""
    deadline: Deadline | None = None
    """End of the run; None if it has no limit."""
    expectation: Expectation | None = None
    """What the run is expected to reach; None if it is not scored."""

    @property
    def elapsed_s(self) -> float:
        """Seconds of training before this command."""
        return self.resumed.elapsed_s if self.resumed else 0.0


def train_adapter(
    wanted: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool, *, evaluates: bool,
    history: bool = True, group: Group = ALONE, deadline: Deadline | None = None,
    on_begin: Callable[[], None] = lambda: None,
) -> Trained:  # fmt: skip
    """Prepare the data and train, unless the adapter is up to date. A refused run changes nothing in its folder.

    With `history`, the user's finished runs help to forecast the scores. The processes of `group` share the training.
    `deadline` is the end of a run with a time limit. `on_begin` is called before training, once the run folder and its
    log belong to this run.
    """
    require_no_search(run_dir)
    require_shareable(wanted, group)
    if not overwrite:
        wanted = with_recorded_limits(wanted, run_dir)
        config = with_recorded_choice(wanted, run_dir)
        require_same_settings(config, run_dir)
    else:
        config = wanted
    with status(console, "Preparing the model; the first run on this machine takes longest"):
        limited = within_limits(config, console)
    with drafted(run_dir) as draft:
        with status(console, "Preparing the data"):
            prepare_data(config, limited, draft, console)
        if finished(config, draft):
            adopt(draft)
            _skip_training(config, run_dir, console, evaluates)
            on_begin()
            return Trained(config, elapsed_seconds(run_dir))
        with status(console, "Measuring time and memory on this machine"):
            resumed = state_to_resume(config, draft, console, resume, overwrite)
            if deadline is None:
                expectation = _expectation(config, draft, history, resumed) if evaluates else None
                plan = replace(_plan(config, draft, resumed, evaluates, group), expectation=expectation)
            else:
                plan = _plan_within(config if resumed else wanted, draft, resumed, evaluates, deadline)
                chosen = plan.session.config
                expectation = _expectation(chosen, draft, history, resumed, plan.choice) if evaluates else None
                plan = replace(plan, expectation=expectation)
        if plan.resumed is None:
            training.clear(run_dir)
        adopt(draft)
    trained = Trained(plan.session.config, plan.elapsed_s)
    with recorded_failure(run_dir):
        state = _train(replace(plan, session=replace(plan.session, run_dir=run_dir)), console, on_begin)
        if config.rank.candidates:
            del plan  # its model must not stay in memory
            free_memory()
            _learn_to_rank(config, run_dir, state, console)
    return trained


def _expectation(
    config: Config, run_dir: RunDir, history: bool, resumed: TrainState | None, choice: Choice | None = None
) -> Expectation:
    """Return what the run is expected to reach. A resumed run keeps what its first start expected."""
    recorded = None if resumed is None else recorded_expectation(run_dir)
    return recorded or expect(config, run_dir, history=history, choice=choice)


def _plan(config: Config, run_dir: RunDir, resumed: TrainState | None, evaluates: bool, group: Group) -> _Plan:
    """Check that the training can run, and forecast its time and memory.

    Raises:
        SumtuneError: the training cannot run.
    """
    evaluation_s = _evaluation_forecast(config, run_dir, resumed) if evaluates else None
    candidates_s = _candidate_forecast(config, run_dir, resumed)
    session = replace(_session(config, run_dir, resumed), group=group)
    rest = forecast_remaining(session, resumed.step, evaluation_s) if resumed else None
    return _Plan(session, rest or forecast(session, evaluation_s, candidates_s), None, resumed)


def _plan_within(
    config: Config, run_dir: RunDir, resumed: TrainState | None, evaluates: bool, deadline: Deadline
) -> _Plan:
    """Return a plan that ends in time; a resumed run keeps what was chosen at its first start.

    Raises:
        SumtuneError: the training cannot run, or the time is too short.
    """
    recorded = recorded_choice(run_dir) if resumed else None
    if resumed is None or recorded is None:
        evaluation = evaluation_costs(config, run_dir) if evaluates else None
        return _Plan(*choose_within(_session(config, run_dir, resumed), evaluation, deadline), resumed, deadline)
    session, deadline = _session(config, run_dir, resumed), deadline.after(resumed.elapsed_s)
    rest = forecast_remaining(session, resumed.step, recorded.evaluation_s)
    expected = rest or forecast(session, recorded.evaluation_s)
    left_s = max(0.0, deadline.left_s() - recorded.closing_s)
    return _Plan(session, replace(expected, training_s=left_s), recorded, resumed, deadline)


def _session(config: Config, run_dir: RunDir, resumed: TrainState | None) -> Session:
    """Return the prepared session, whose micro-batches fit into memory."""
    session = training.prepare(config, run_dir, resumed.precision if resumed else "")
    if resumed is None:
        training.require_disk_space(session)
    return fit_to_memory(session, cached_peak_bytes(session))


def _evaluation_forecast(config: Config, run_dir: RunDir, resumed: TrainState | None) -> float:
    """Return the forecast in seconds: that of the first start, or one measured before training needs memory."""
    record, settings = known_record(run_dir), config.model_dump(mode="json")
    same = all(record.get("config", {}).get(section) == settings[section] for section in ("decode", "evaluate"))
    recorded = (record.get("forecast") or {}).get("evaluation_s") if resumed and same else None
    return evaluation_costs(config, run_dir).seconds() if recorded is None else float(recorded)


def _candidate_forecast(config: Config, run_dir: RunDir, resumed: TrainState | None) -> float | None:
    """Return the forecast of candidates in seconds for a run that learns to rank and has no forecast yet."""
    recorded = (known_record(run_dir).get("forecast") or {}).get("rank_s")
    return candidate_seconds(config, run_dir) if config.rank.candidates and not (resumed and recorded) else None


def _train(plan: _Plan, console: Console, on_begin: Callable[[], None]) -> TrainState:
    """Run the stage train. If learning to rank follows, the adapter is saved for it, but not published."""
    config, run_dir, resumed = plan.session.config, plan.session.run_dir, plan.resumed is not None
    record = {"config": config.model_dump(mode="json"), **environment()}
    record["machine"]["kernels"] = plan.session.kernels
    record["read"] = recorded_read_lengths(run_dir)
    forecast_record = vars(plan.forecast) | {"total_s": plan.forecast.total_s}
    scores = None
    if plan.expectation is not None:
        scores, forecast_record = plan.expectation.scores, forecast_record | plan.expectation.record()
    write_record(run_dir.run_json, {**record, "forecast": forecast_record, **choice_record(plan.choice)})
    console.print(announcement(plan.session, plan.forecast, scores, plan.choice))
    if plan.resumed is not None:
        console.print(f"Continuing from step {plan.resumed.step}.")
    ranks, session, device = config.rank.candidates > 0, plan.session, plan.session.loss_fn.device
    if plan.deadline is not None and plan.choice is not None:
        limit = plan.deadline.limit(plan.choice, plan.forecast.sampling_s, plan.elapsed_s)
        session = replace(session, limit=limit)
    on_begin()
    reset_peak(device)
    call_followers(session, resumed)
    with training_progress(console, expected_rouge1(run_dir)) as report:
        state = (training.fit if ranks else training.run)(session, report, resumed, _sampler(plan))
    if ranks:
        save_adapter_of(config, run_dir, state, run_dir.supervised)
        failpoint("stage.finished")
    update_record(run_dir, {"training_s": state.elapsed_s, "peak_memory_bytes": peak_bytes(device)})
    if not resumed and plan.deadline is None and session.group.size == 1:
        calibrate(plan.session, plan.forecast, state.elapsed_s)
    return state


def _sampler(plan: _Plan) -> Sample:
    """Return the function that samples summaries during the training, within what is left of their share of it."""
    forecast, log = plan.forecast, plan.session.run_dir.train_metrics
    if not forecast.sampled_examples:
        return lambda _: None
    spent_s = sum(event["seconds"] for event in read_events(log) if event["event"] == "sampled")
    return SampledSummaries(plan.session, forecast.sampled_examples, SamplingBudget(forecast.sampling_s, spent_s))


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
