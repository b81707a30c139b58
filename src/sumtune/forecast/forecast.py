"""The forecast of a run: its time and its memory."""

import resource
import sys
import time
from dataclasses import dataclass

import psutil

from sumtune.decode.build import build_summarizer
from sumtune.evaluate.scorecard import BASE, TUNED
from sumtune.evaluate.stage import chosen_examples, decoding_of
from sumtune.forecast.timing import decode_seconds, training_seconds
from sumtune.model.sources import locate
from sumtune.text.prompt import Prompt
from sumtune.train.session import Session

__all__ = ["Forecast", "forecast"]


@dataclass(frozen=True)
class Forecast:
    """Seconds and bytes that a run will take."""

    training_s: float
    evaluation_s: float
    peak_memory_bytes: int
    """Resident memory after the largest planned micro-batch went through the model."""
    available_memory_bytes: int

    @property
    def total_s(self) -> float:
        """Training and evaluation."""
        return self.training_s + self.evaluation_s


def forecast(session: Session) -> Forecast:
    """Measures on this machine; takes about half a minute for the embedded model."""
    training_s = training_seconds(session)
    peak = _peak_memory_bytes()
    return Forecast(training_s, _evaluation_seconds(session), peak, psutil.virtual_memory().available)


def _evaluation_seconds(session: Session) -> float:
    """Timed on the base model; the tuned one will write summaries as long as those it learned from.

    Making the tuned engine takes what making the base engine took.
    """
    config, run_dir = session.config, session.run_dir
    dialogues = [example.dialogue for example in chosen_examples(config, run_dir)[1]]
    prompt, source = Prompt.load(run_dir.transformation), locate(config.model.name, config.model.revision)
    mean_target = round(sum(len(example.target) for example in session.validation) / len(session.validation))
    model = build_summarizer(source, None, prompt, decoding_of(TUNED, config), config.model.device)
    seconds = model.setup_s + decode_seconds(model, dialogues, mean_target, ends=False)
    if config.evaluate.base:
        begun = time.monotonic()
        model = build_summarizer(source, None, prompt, decoding_of(BASE, config), config.model.device)
        seconds += time.monotonic() - begun + decode_seconds(model, dialogues, prompt.max_target_tokens)
    return seconds


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
