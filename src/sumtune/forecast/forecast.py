"""The forecast of a run: its time and its memory."""

import resource
import sys
import time
from dataclasses import dataclass

import psutil

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.evaluate.scorecard import BASE, TUNED
from sumtune.evaluate.stage import chosen_examples, decoding_of
from sumtune.forecast.timing import decode_seconds, training_seconds
from sumtune.memory import give_memory_back
from sumtune.model.sources import locate
from sumtune.run_dir import RunDir
from sumtune.text.encode import load_encoded
from sumtune.text.prompt import Prompt
from sumtune.train.metrics import read_events
from sumtune.train.session import Session

__all__ = ["Forecast", "evaluation_seconds", "forecast", "forecast_of_rest"]

FEWEST_STEPS = 20
"""Logged optimizer steps that tell how fast a run is."""


@dataclass(frozen=True)
class Forecast:
    """Seconds and bytes that a run will take."""

    training_s: float
    evaluation_s: float | None
    """None where there will be none."""
    peak_memory_bytes: int
    """Highest resident memory of this process until the largest planned micro-batch had gone through the model."""
    available_memory_bytes: int

    @property
    def total_s(self) -> float:
        """Training and evaluation."""
        return self.training_s + (self.evaluation_s or 0.0)


def forecast(session: Session, evaluation_s: float | None) -> Forecast:
    """Measures training on this machine; takes about half a minute for the embedded model."""
    training_s = training_seconds(session)
    peak = _peak_memory_bytes()
    give_memory_back()
    return Forecast(training_s, evaluation_s, peak, psutil.virtual_memory().available)


def forecast_of_rest(session: Session, step: int, evaluation_s: float | None) -> Forecast | None:
    """What is left of a run after optimizer step `step`, by its own log and earlier forecast; None where they lack.

    The time of steps that were gone back on counts, as more of them may come.
    """
    events = read_events(session.run_dir.train_metrics)
    done = [event for event in events if event["event"] == "step" and event["step"] <= step]
    before = session.run_dir.record().get("forecast")
    if len(done) < FEWEST_STEPS or not before:
        return None
    plan = session.plan
    left = sum(plan.lengths[at] for later in range(step, plan.total_steps) for at in plan.batch(later))
    return Forecast(
        training_s=done[-1]["elapsed_s"] * left / sum(event["tokens"] for event in done),
        evaluation_s=evaluation_s,
        peak_memory_bytes=before["peak_memory_bytes"],
        available_memory_bytes=psutil.virtual_memory().available,
    )


def evaluation_seconds(config: Config, run_dir: RunDir) -> float:
    """Timed on the base model; the tuned one will write summaries as long as those it learned from.

    Making the tuned engine takes what making the base engine took when it was made. No engine is left in memory.
    """
    dialogues = [example.dialogue for example in chosen_examples(config, run_dir)[1]]
    prompt, source = Prompt.load(run_dir.transformation), locate(config.model.name, config.model.revision)
    targets = [len(example.target) for example in load_encoded(run_dir.transformation / "validation.safetensors")]
    mean_target = round(sum(targets) / len(targets))
    seconds = 0.0
    for system in (TUNED, BASE) if config.evaluate.base else (TUNED,):
        begun = time.monotonic()
        model = build_summarizer(source, None, prompt, decoding_of(system, config), config.model.device)
        made_in = time.monotonic() - begun
        if system == TUNED:
            seconds += model.setup_s + decode_seconds(model, dialogues, mean_target, ends=False)
        else:
            seconds += made_in + decode_seconds(model, dialogues, prompt.max_target_tokens)
        del model
        give_memory_back()
    return seconds


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
