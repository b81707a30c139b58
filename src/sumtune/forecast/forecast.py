"""The forecast of a run: its time and its memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.decode.native.summarizer import ROWS
from sumtune.evaluate.baselines import BASELINES, lead_3
from sumtune.evaluate.references import Referenced
from sumtune.evaluate.scorecard import BASE, TUNED, score_systems
from sumtune.evaluate.stage import chosen_examples, decoding_of
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.forecast.timing import TrainingCosts, decode_costs, nearest_to_mean_length, training_costs
from sumtune.memory import available_bytes, free_memory, peak_bytes, reset_peak
from sumtune.model.locate import locate
from sumtune.text.encode import load_encoded
from sumtune.text.prompt import Prompt
from sumtune.train.event_log import read_events
from sumtune.train.session import Session

__all__ = ["Forecast", "cached_peak_bytes", "calibrate", "evaluation_seconds", "forecast", "forecast_remaining"]

MEASURED_SUMMARIES = 32
"""Summaries of the base model that tell how long they become."""
MEASURED_SCORES = 48
"""Examples whose scoring is timed."""
MIN_LOGGED_STEPS = 20
"""Logged optimizer steps that tell how fast a run is."""
PEAK_KEY = "peak_memory_bytes"
COST_SETTINGS = {"effective_batch_size", "micro_batch_tokens", "seed", "validation_examples"}
"""Training settings that decide what is computed in an epoch or a validation."""


MEASURED, MEASURED_BEFORE, OF_THE_REST = (
    "measured on this machine",
    "as the same data and settings were measured on this machine before",
    "what is left, by this run so far",
)
"""Where a forecast comes from."""


@dataclass(frozen=True)
class Forecast:
    """Seconds and bytes that a run will take."""

    training_s: float
    evaluation_s: float | None
    """None where there will be none."""
    peak_memory_bytes: int
    """Highest resident memory of this process while micro-batches up to the largest planned one were timed."""
    available_memory_bytes: int
    after_step: int = 0
    """Optimizer steps that were done already."""
    origin: str = MEASURED

    @property
    def total_s(self) -> float:
        """Training and evaluation."""
        return self.training_s + (self.evaluation_s or 0.0)


def forecast(session: Session, evaluation_s: float | None) -> Forecast:
    """Measures training on this machine, some twenty seconds for the embedded model; or takes what was kept of that."""
    kept = _cached_costs(session)
    numbers, origin = kept.read(), MEASURED_BEFORE
    if numbers is None or set(numbers) != {*TrainingCosts.__dataclass_fields__, PEAK_KEY}:
        reset_peak()
        numbers, origin = vars(training_costs(session)) | {PEAK_KEY: peak_bytes()}, MEASURED
        free_memory()
        kept.write(numbers)
    peak = int(numbers.pop(PEAK_KEY))
    seconds = TrainingCosts(**numbers).seconds(session.plan)
    return Forecast(seconds, evaluation_s, peak, available_bytes(), origin=origin)


def cached_peak_bytes(session: Session) -> int | None:
    """The highest resident memory that was kept of what `session` computes; None where nothing was."""
    peak = (_cached_costs(session).read() or {}).get(PEAK_KEY)
    return None if peak is None else int(peak)


def calibrate(session: Session, forecast: Forecast, actual_s: float) -> None:
    """Lets the next forecast of what `session` computes be as fast or slow as its training was, all in all."""
    kept = _cached_costs(session)
    if (numbers := kept.read()) is not None and forecast.training_s > 0:
        ratio = actual_s / forecast.training_s
        kept.write({name: number if name == PEAK_KEY else number * ratio for name, number in numbers.items()})


def _cached_costs(session: Session) -> MeasurementCache:
    """Of the training costs: named by all but how often, and how fast, is learned."""
    config, folder = session.config, session.run_dir.transformation
    kernels = session.loss_fn.kernels is not None
    settings = config.model_dump(include={"model": True, "lora": True, "train": COST_SETTINGS})
    computed = (session.precision.name, session.max_tokens, torch.get_num_threads(), kernels)
    return MeasurementCache.of([folder / "train.safetensors", folder / "validation.safetensors"], (settings, computed))


def forecast_remaining(session: Session, step: int, evaluation_s: float | None) -> Forecast | None:
    """What is left of a run after optimizer step `step`, by its own log and earlier forecast; None where they lack.

    The time of steps that were gone back on counts, as more of them may come.
    """
    events = read_events(session.run_dir.train_metrics)
    done = [event for event in events if event["event"] == "step" and event["step"] <= step]
    before = (find_record(session.run_dir.run_json) or {}).get("forecast") or {}
    if len(done) >= MIN_LOGGED_STEPS and before:
        per_token = done[-1]["elapsed_s"] / sum(event["tokens"] for event in done)
    elif "training_s" in before:
        per_token = before["training_s"] / _tokens_after(session, before.get("after_step", 0))
    else:
        return None
    return Forecast(
        training_s=per_token * _tokens_after(session, step),
        evaluation_s=evaluation_s,
        peak_memory_bytes=before["peak_memory_bytes"],
        available_memory_bytes=available_bytes(),
        after_step=step,
        origin=OF_THE_REST,
    )


def _tokens_after(session: Session, step: int) -> int:
    plan = session.plan
    return sum(plan.lengths[at] for later in range(step, plan.total_steps) for at in plan.batch(later))


def evaluation_seconds(config: Config, run_dir: RunDir) -> float:
    """Making, generating and scoring, timed on the base model: the tuned one will write summaries as long as those it
    learned from.

    Engines that decode alike are measured once. None is left in memory.
    """
    examples = chosen_examples(config, run_dir)[1]
    dialogues = [example.dialogue for example in examples]
    prompt, source = Prompt.load(run_dir.transformation), locate(config.model.name, config.model.revision)
    lengths = [len(example.target) for example in load_encoded(run_dir.transformation / "validation.safetensors")]
    systems = (TUNED, BASE) if config.evaluate.base else (TUNED,)
    seconds, measured = _scoring_seconds(examples) * (len(systems) + len(BASELINES)), None
    for system in systems:
        decode = decoding_of(system, config)
        if decode != measured:
            begun, measured = time.monotonic(), decode
            model = build_summarizer(source, None, prompt, decode, config.model.device)
            made_in = max(time.monotonic() - begun, model.setup_s)  # an engine of the base may lie there already
            costs = decode_costs(model, dialogues, max(1, ROWS // decode.beams))
        if system == BASE:
            lengths = [
                written.tokens for written in model.summarize(nearest_to_mean_length(dialogues, MEASURED_SUMMARIES))
            ]
        seconds += made_in + costs.seconds(len(dialogues), lengths)
    del model
    free_memory()
    return seconds


def _scoring_seconds(examples: Sequence[Referenced]) -> float:
    """Of one system."""
    sample = examples[:MEASURED_SCORES]
    score_systems(sample[:1], {TUNED: [""]}, split="", decoding={}, seed=0)  # loads what scoring needs
    texts = [lead_3(example.dialogue) for example in sample]
    begun = time.monotonic()
    score_systems(sample, {TUNED: texts}, split="", decoding={}, seed=0)
    return (time.monotonic() - begun) * len(examples) / len(sample)
