"""The pilot: a short training on a few examples, whose losses and summaries say how well a data set can be learned.

All pilots have the same settings, so that what they measure is the data and the model, not the preset.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sumtune.config import Config, DecodeConfig, ModelConfig
from sumtune.data.example import Example, dump_jsonl
from sumtune.data.example_file import Some
from sumtune.data.split import order, select_share
from sumtune.evaluate import rouge
from sumtune.evaluate.baselines import longest_3
from sumtune.evaluate.rouge import Tokens
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir
from sumtune.forecast.data_features import mean_rouge
from sumtune.model import encode_stage
from sumtune.summarizer import Summarizer
from sumtune.text.encode import Encoder
from sumtune.train.session import Session, compute_gradient, prepare, validation_loss

__all__ = [
    "DEPTHS",
    "HELD_OUT",
    "MakeSummarizer",
    "Pilot",
    "PilotPoint",
    "pilot_decode",
    "pilot_session",
    "pilot_splits",
    "run_pilot",
]

DEPTHS = (16, 48)
"""Optimizer steps after which a pilot is measured."""
HELD_OUT = 64
"""Examples that a pilot summarizes and does not learn from."""
MOST_FROM_TRAINING = 0.25
"""Of a small data set, at most this share of the training examples is held out beside the validation examples."""
WARMUP_STEPS = 4
NEVER = 10**9
EPOCHS = 1000
"""More than any pilot reaches: its learning rate stays constant after warm-up."""

MakeSummarizer = Callable[[Session], Summarizer]
"""Returns the summarizer of the averaged weights of this moment."""


@dataclass(frozen=True)
class PilotPoint:
    """What a pilot has reached after some optimizer steps."""

    steps: int
    learned_loss: float
    """Mean loss (nats per token) of the batches since the point before, each measured before it was learned from."""
    loss: float
    """Loss of the held-out examples with the averaged weights."""
    scores: dict[str, float]
    """Mean ROUGE of greedy summaries of the held-out examples, by the names in `ROUGE_METRICS`."""


@dataclass(frozen=True)
class Pilot:
    """The measurements of a pilot."""

    held_out: int
    """Number of held-out examples."""
    longest_3: dict[str, float]
    """Scores of their three longest turns, which show whether they are harder than the rest of the data."""
    base_loss: float
    """Their loss with the base model."""
    points: tuple[PilotPoint, ...]
    seconds_per_step: float


def pilot_splits(train: Some, validation: Some) -> tuple[list[Example], list[Example]]:
    """Return the examples to learn from, and those to hold out: validation examples first, then training examples.

    Returns no more examples to learn from than the deepest pilot can read once; most data sets have more.
    """
    held_out = list(order(validation)[:HELD_OUT])
    missing = min(HELD_OUT - len(held_out), int(MOST_FROM_TRAINING * len(train)))
    ordered = order(train)
    learned = len(select_share(ordered, 1 - missing / len(train))) if missing else len(ordered)
    known = {example.fingerprint for example in held_out}
    held_out += [example for example in ordered[learned:] if example.fingerprint not in known]
    limit = DEPTHS[-1] * Config().train.effective_batch_size
    return list(ordered[: min(learned, limit)]), held_out[:HELD_OUT]


def pilot_session(
    model: ModelConfig, run_dir: RunDir, learned: Sequence[Example], held_out: Sequence[Example], encoder: Encoder
) -> Session:
    """Return a session with the settings of every pilot; its files go to `run_dir`, a folder of its own."""
    config = Config(model=model)
    settings = {
        "epochs": EPOCHS,
        "warmup_steps": WARMUP_STEPS,
        "validate_every_steps": NEVER,
        "validation_examples": HELD_OUT,
    }
    config = config.model_copy(update={"train": config.train.model_copy(update=settings)})
    for name, examples in (("train", learned), ("validation", held_out)):
        write_text(run_dir.split(name), dump_jsonl(examples))
    encode_stage.run(config, run_dir, lambda: encoder)
    return prepare(config, run_dir)


def pilot_decode(decode: DecodeConfig) -> DecodeConfig:
    """Return the decoding of pilots: greedy, and free to repeat, as in the pilots of the bank."""
    return decode.model_copy(update={"beams": 1, "no_repeat_ngram_size": 0, "no_repeat_words": 0})


def run_pilot(
    session: Session,
    held_out: Sequence[Example],
    tokens: Tokens,
    make_summarizer: MakeSummarizer,
    depths: Sequence[int] = DEPTHS,
    limit_s: float = math.inf,
) -> Pilot:
    """Train for `depths[-1]` optimizer steps and measure after each of `depths`. `tokens` says how ROUGE splits texts.

    The pilot ends earlier if the next of `depths` would be reached later than after `limit_s` seconds of training.
    """
    weights = session.master_weights
    optimizer = torch.optim.AdamW(weights.groups(session.config.lora.plus_ratio), weight_decay=0.0, fused=True)
    base_loss, training_s = validation_loss(session), 0.0
    losses: list[float] = []
    points: list[PilotPoint] = []
    for step in range(depths[-1]):
        if points and points[-1].steps == step and training_s * _next(depths, step) / step > limit_s:
            break
        begun = time.monotonic()
        losses.append(_learn(session, optimizer, step))
        training_s += time.monotonic() - begun
        if step + 1 in depths:
            since = points[-1].steps if points else 0
            with weights.averaged():
                scores = _scores(make_summarizer(session), held_out, tokens)
            learned_loss = sum(losses[since:]) / len(losses[since:])
            points.append(PilotPoint(step + 1, learned_loss, validation_loss(session), scores))
    easy = mean_rouge([rouge.score(longest_3(one.dialogue), one.summary, tokens) for one in held_out])
    return Pilot(len(held_out), easy, base_loss, tuple(points), training_s / len(losses))


def _next(depths: Sequence[int], step: int) -> int:
    return next(depth for depth in depths if depth > step)


def _learn(session: Session, optimizer: Any, step: int) -> float:
    """Do one optimizer step and return the loss of its batch before the step."""
    weights, plan = session.master_weights, session.plan
    gradient = compute_gradient(session, [session.examples[at] for at in plan.batch(step)], session.max_tokens)
    if gradient.finite:
        for group in optimizer.param_groups:
            group["lr"] = plan.settings.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * group["ratio"]
        optimizer.step()
        weights.copy_to_model()
        weights.update_average(plan.average_decay(step))
    weights.clear_gradients()
    return gradient.loss


def _scores(summarizer: Summarizer, examples: Sequence[Example], tokens: Tokens) -> dict[str, float]:
    written = summarizer.summarize([one.dialogue for one in examples], styles=[one.style for one in examples])
    return mean_rouge([rouge.score(w.text, e.summary, tokens) for w, e in zip(written, examples, strict=True)])
