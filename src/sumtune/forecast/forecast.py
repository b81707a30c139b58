"""Forecast of the time and memory of a run."""

from dataclasses import dataclass, replace

import torch

from sumtune.files.records import find_record
from sumtune.forecast.long_inputs import has_long_inputs, long_training_costs
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.forecast.ranking import CANDIDATES, ranking_seconds, seconds_left
from sumtune.forecast.sampling import sampling_budget, summary_seconds
from sumtune.forecast.timing import TrainingCosts, training_costs
from sumtune.memory import free_memory
from sumtune.model.device_memory import available_bytes, device_name, peak_bytes, reset_peak
from sumtune.train.event_log import read_events
from sumtune.train.session import Session

__all__ = [
    "Forecast",
    "Measured",
    "cached_peak_bytes",
    "calibrate",
    "forecast",
    "forecast_remaining",
    "measure",
]

MIN_LOGGED_STEPS = 20
"""Logged optimizer steps that are needed to forecast the rest of a run from its own speed."""
PEAK_KEY = "peak_memory_bytes"
COST_SETTINGS = {"effective_batch_size", "micro_batch_tokens", "seed", "validation_examples"}
"""Training settings that change the cost of an epoch or a validation."""

MEASURED, MEASURED_BEFORE, REMAINING = (
    "measured on this machine",
    "measured earlier on this machine, with the same data and settings",
    "remaining time, at the speed of this run so far",
)
"""Origins of a forecast, as shown to the user."""


@dataclass(frozen=True)
class Forecast:
    """Time and memory that a run will take."""

    training_s: float
    """Seconds of training on the references."""
    evaluation_s: float | None
    """None if the run has no evaluation."""
    peak_memory_bytes: int
    """Peak memory, of the GPU or else of this process, while it timed micro-batches up to the largest planned one."""
    available_memory_bytes: int
    after_step: int = 0
    """Optimizer steps that are already done."""
    origin: str = MEASURED
    training_in_parts_s: float | None = None
    """Time of training with dialogues in parts of `SHORT_LIMIT` tokens; None if it would not be much shorter."""
    training_truncated_s: float | None = None
    """Time of training with only the first `SHORT_LIMIT` tokens of each dialogue; None as above."""
    rank_s: dict[str, float] | None = None
    """Seconds of each stage of learning to rank in the whole run, by name; None if the run has none."""
    rank_left_s: float = 0.0
    """Seconds of learning to rank that are left."""
    sampled_examples: int = 0
    """Validation summaries that are sampled at a time, in time that `training_s` includes; 0 if there are none."""
    sampling_s: float = 0.0
    """Seconds of sampling them once."""

    @property
    def all_training_s(self) -> float:
        """Seconds of training, learning to rank included."""
        return self.training_s + self.rank_left_s

    @property
    def total_s(self) -> float:
        """Seconds of training and evaluation."""
        return self.all_training_s + (self.evaluation_s or 0.0)


@dataclass(frozen=True)
class Measured:
    """Measured costs of training, peak memory of the largest micro-batch in bytes, and where the costs come from."""

    costs: TrainingCosts
    peak_bytes: int
    origin: str


def measure(session: Session) -> Measured:
    """Measure training on this machine (about 20 s for the embedded model), or take its costs from the cache."""
    cached = _cached_costs(session)
    numbers, origin = cached.read(), MEASURED_BEFORE
    if numbers is None or set(numbers) != {*TrainingCosts.__dataclass_fields__, PEAK_KEY}:
        costs, peak = _measured_costs(session)
        numbers, origin = vars(costs) | {PEAK_KEY: peak}, MEASURED
        free_memory()
        cached.write(numbers)
    peak = int(numbers.pop(PEAK_KEY))
    return Measured(TrainingCosts(**numbers), peak, origin)


def forecast(
    session: Session, evaluation_s: float | None, candidates_s: float | None = None, measured: Measured | None = None
) -> Forecast:
    """Return the forecast of a whole run.

    `candidates_s` are the seconds of writing candidates, if the run learns to rank; `measured` are the costs if they
    are known.
    """
    measured = measured or measure(session)
    costs, peak = measured.costs, measured.peak_bytes
    rank_s = None if candidates_s is None else ranking_seconds(session, costs) | {CANDIDATES: candidates_s}
    if rank_s is not None:
        peak = max(peak, peak_bytes(session.loss_fn.device))  # of ranking, if it was measured just now
        free_memory()
    sampled_examples, sampling = sampling_budget(session, costs)
    return Forecast(
        costs.seconds(session.plan, session.group.size) + sampling.spent_s, evaluation_s, peak,
        available_bytes(session.loss_fn.device), origin=measured.origin,
        training_in_parts_s=costs.seconds_if(session.plan, costs.epoch_in_parts),
        training_truncated_s=costs.seconds_if(session.plan, costs.epoch_truncated),
        rank_s=rank_s, rank_left_s=sum((rank_s or {}).values()), sampled_examples=sampled_examples,
        sampling_s=sampling.next_s,
    )  # fmt: skip


def _measured_costs(session: Session) -> tuple[TrainingCosts, int]:
    """Return the measured costs of training, and the peak memory of the largest micro-batch."""
    if has_long_inputs(session):
        costs, peak = long_training_costs(session)
        return replace(costs, sampled_summary=summary_seconds(session, costs.validation)), peak
    reset_peak(session.loss_fn.device)
    costs = training_costs(session)
    costs = replace(costs, sampled_summary=summary_seconds(session, costs.validation))
    return costs, peak_bytes(session.loss_fn.device)


def cached_peak_bytes(session: Session) -> int | None:
    """Return the peak memory that an earlier forecast of the same work measured; None if there was none."""
    peak = (_cached_costs(session).read() or {}).get(PEAK_KEY)
    return None if peak is None else int(peak)


def calibrate(session: Session, forecast: Forecast, actual_s: float) -> None:
    """Scale the cached costs by actual divided by forecast time, which improves the next forecast of the same work."""
    cached = _cached_costs(session)
    if (numbers := cached.read()) is not None and forecast.training_s > 0:
        ratio = actual_s / forecast.training_s
        cached.write({name: number if name == PEAK_KEY else number * ratio for name, number in numbers.items()})


def _cached_costs(session: Session) -> MeasurementCache:
    """Return the cache entry of the training costs; its key omits settings that change no cost, such as epochs."""
    config, folder = session.config, session.run_dir.transformation
    kernels, device = session.kernels, device_name(session.loss_fn.device)
    settings = config.model_dump(include={"model": True, "lora": True, "train": COST_SETTINGS})
    computed = (
        session.precision.name, session.max_tokens, torch.get_num_threads(), kernels, device, len(session.validation),
        config.train.sampled_summaries > 0,
    )  # fmt: skip
    return MeasurementCache.of([folder / "train.safetensors", folder / "validation.safetensors"], (settings, computed))


def forecast_remaining(session: Session, step: int, evaluation_s: float | None) -> Forecast | None:
    """Forecast the rest of a run after optimizer step `step`; None if the folder has no earlier forecast.

    The speed is that of the logged steps or, if these are too few, that of the earlier forecast.

    The time of steps that were repeated after a resume counts, because this may happen again.
    """
    events = read_events(session.run_dir.train_metrics)
    logged = [event for event in events if event["event"] == "step" and event["step"] <= step]
    before = (find_record(session.run_dir.run_json) or {}).get("forecast") or {}
    if len(logged) >= MIN_LOGGED_STEPS and before:
        seconds_per_token = logged[-1]["elapsed_s"] / sum(event["tokens"] for event in logged)
    elif "training_s" in before:
        forecast_tokens = _tokens_after(session, before.get("after_step", 0))
        seconds_per_token = before["training_s"] / max(1, forecast_tokens)  # none if only later stages were left
    else:
        return None
    return Forecast(
        training_s=seconds_per_token * _tokens_after(session, step),
        evaluation_s=evaluation_s,
        peak_memory_bytes=before["peak_memory_bytes"],
        available_memory_bytes=available_bytes(session.loss_fn.device),
        after_step=step,
        origin=REMAINING,
        rank_s=before.get("rank_s"),
        rank_left_s=seconds_left(rank_s, session) if (rank_s := before.get("rank_s")) else 0.0,
        sampled_examples=before.get("sampled_examples", 0),
        sampling_s=before.get("sampling_s", 0.0),
    )


def _tokens_after(session: Session, step: int) -> int:
    plan = session.plan
    return sum(plan.lengths[at] for later in range(step, plan.total_steps) for at in plan.batch(later))
