"""The forecast of a run: its time and its memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.decode.native import ROWS
from sumtune.evaluate import rouge
from sumtune.evaluate.baselines import BASELINES, lead_3
from sumtune.evaluate.references import Referenced
from sumtune.evaluate.scorecard import BASE, TUNED, score_systems
from sumtune.evaluate.stage import chosen_examples, decoding_of
from sumtune.forecast.timing import decode_costs, near_mean, training_seconds
from sumtune.memory import forget_peak, give_memory_back, peak_bytes
from sumtune.model.sources import locate
from sumtune.run_dir import RunDir
from sumtune.text.encode import load_encoded
from sumtune.text.prompt import Prompt
from sumtune.train.metrics import read_events
from sumtune.train.session import Session

__all__ = ["Forecast", "evaluation_seconds", "forecast", "forecast_of_rest"]

MEASURED_SUMMARIES = 32
"""Summaries of the base model that tell how long they become."""
MEASURED_SCORES = 48
"""Examples whose scoring is timed."""
FEWEST_STEPS = 20
"""Logged optimizer steps that tell how fast a run is."""


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

    @property
    def total_s(self) -> float:
        """Training and evaluation."""
        return self.training_s + (self.evaluation_s or 0.0)


def forecast(session: Session, evaluation_s: float | None) -> Forecast:
    """Measures training on this machine; takes about half a minute for the embedded model."""
    forget_peak()
    training_s = training_seconds(session)
    peak = peak_bytes()
    give_memory_back()
    return Forecast(training_s, evaluation_s, peak, psutil.virtual_memory().available)


def forecast_of_rest(session: Session, step: int, evaluation_s: float | None) -> Forecast | None:
    """What is left of a run after optimizer step `step`, by its own log and earlier forecast; None where they lack.

    The time of steps that were gone back on counts, as more of them may come.
    """
    events = read_events(session.run_dir.train_metrics)
    done = [event for event in events if event["event"] == "step" and event["step"] <= step]
    before = session.run_dir.record().get("forecast") or {}
    if len(done) >= FEWEST_STEPS and before:
        of_a_token = done[-1]["elapsed_s"] / sum(event["tokens"] for event in done)
    elif "training_s" in before:
        of_a_token = before["training_s"] / _tokens_after(session, before.get("after_step", 0))
    else:
        return None
    return Forecast(
        training_s=of_a_token * _tokens_after(session, step),
        evaluation_s=evaluation_s,
        peak_memory_bytes=before["peak_memory_bytes"],
        available_memory_bytes=psutil.virtual_memory().available,
        after_step=step,
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
            lengths = [written.tokens for written in model.summarize(near_mean(dialogues, MEASURED_SUMMARIES))]
        seconds += made_in + costs.seconds(len(dialogues), lengths)
    del model
    give_memory_back()
    return seconds


def _scoring_seconds(examples: Sequence[Referenced]) -> float:
    """Of one system."""
    sample = examples[:MEASURED_SCORES]
    rouge.score("", "")  # loads what scoring needs
    texts = [lead_3(example.dialogue) for example in sample]
    begun = time.monotonic()
    score_systems(sample, {TUNED: texts}, split="", decoding={}, engines={}, precision="", seed=0)
    return (time.monotonic() - begun) * len(examples) / len(sample)
