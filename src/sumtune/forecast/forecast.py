"""The forecast of a run: its time and its memory."""

import resource
import sys
from dataclasses import dataclass

import psutil

from sumtune.decode.build import build_summarizer
from sumtune.evaluate.stage import chosen_examples
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
    """Tuned and base decode the same dialogues; making the tuned engine takes what making the base engine took."""
    config, run_dir = session.config, session.run_dir
    _, examples = chosen_examples(config, run_dir)
    prompt, source = Prompt.load(run_dir.transformation), locate(config.model.name, config.model.revision)
    base = build_summarizer(source, None, prompt, config.decode, config.model.device)
    target_tokens = sum(len(example.target) for example in session.validation) / len(session.validation)
    tuned_s, base_s = decode_seconds(base, [example.dialogue for example in examples], target_tokens)
    return base.setup_s + tuned_s + (base_s if config.evaluate.base else 0.0)


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
