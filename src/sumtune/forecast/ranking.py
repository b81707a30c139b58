"""Forecast of the stages of learning to rank: two halves, candidates, and training on them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import cast

import torch

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.decode.native.summarizer import ROWS
from sumtune.files.run_dir import RunDir
from sumtune.forecast.long_inputs import has_long_inputs
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.forecast.timing import TrainingCosts, epoch_seconds
from sumtune.memory import free_memory
from sumtune.model.device_memory import device_name
from sumtune.model.locate import locate
from sumtune.model.lora import set_dropout
from sumtune.model.tokenizer import load_encoder
from sumtune.rank.candidates import CHUNK
from sumtune.rank.choose import CHOSEN
from sumtune.rank.reward import reward
from sumtune.rank.stages import half_settings, ranking_settings
from sumtune.rank.training_texts import TrainingText, load_training_texts
from sumtune.summarizer import SamplingSettings, SamplingSummarizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt
from sumtune.train.final_adapter import finished
from sumtune.train.ranked_example import RankedExample
from sumtune.train.ranking_loss import RankingLoss
from sumtune.train.session import HALVES, Session
from sumtune.train.training_plan import TrainingPlan

__all__ = ["CANDIDATES", "HALF_TRAINING", "RANK_TRAINING", "candidate_seconds", "ranking_seconds", "seconds_left"]

HALF_TRAINING, CANDIDATES, RANK_TRAINING = "halves_s", "candidates_s", "ranking_s"
"""Names of the forecasts of the stages, as `run.json` records them."""
MEASURED_TOKENS = 8
"""Timed tokens of each candidate, not counting the first."""
MEASURED_REWARDS = 32
MEASURED_BATCHES = 4
"""Micro-batches of ranking that are timed."""


def candidate_seconds(config: Config, run_dir: RunDir) -> float:
    """Return the time in seconds to build two engines, and to write and score all candidates.

    Writing is measured on the base model; candidates are assumed to be as long as the references.
    """
    rank = config.rank
    encoder = load_encoder(
        locate(config.model.name, config.model.revision).folder, Prompt.load(run_dir.transformation)
    )  # fmt: skip
    texts = load_training_texts(run_dir, encoder)
    mean = sum(len(text.encoded.source) for text in texts) / len(texts)
    nearest = sorted(texts, key=lambda text: abs(len(text.encoded.source) - mean))
    sources = [text.encoded.source for text in nearest[: max(1, ROWS // rank.candidates)]]
    setup, reading, writing = _sampling_seconds(config, encoder, sources)
    free_memory()
    tokens = sum(len(text.encoded.target) for text in texts) / len(texts)
    each = (reading + writing * tokens) / len(sources) + _reward_seconds(nearest) * rank.candidates
    return len(HALVES) * setup + len(texts) * each


def _reward_seconds(texts: Sequence[TrainingText]) -> float:
    """Return the time in seconds to score a candidate: the median, because the first ones also load data."""
    return median(
        _timed(partial(reward, text.reference, text.dialogue, text.reference)) for text in texts[:MEASURED_REWARDS]
    )


def _sampling_seconds(config: Config, encoder: Encoder, sources: Sequence[Sequence[int]]) -> tuple[float, float, float]:
    """Return the time in seconds to build an engine, to read `sources`, and to write a token of all candidates."""
    begun, rank = time.monotonic(), config.rank
    decode = config.decode.model_copy(update={"beams": 1})
    base = locate(config.model.name, config.model.revision)
    model = build_summarizer(base, None, encoder.prompt, decode, config.model.device, encoder)
    setup = max(time.monotonic() - begun, model.setup_s)  # the cache may hold the engine of the base model
    sample = partial(cast(SamplingSummarizer, model).sample, sources)

    def fastest(tokens: int) -> float:
        settings = SamplingSettings(rank.candidates, rank.temperature, rank.top_k, seed=0, max_tokens=tokens)
        return min(_timed(partial(sample, settings)) for _ in range(2))  # the first one also loads data

    reading, both = fastest(1), fastest(1 + MEASURED_TOKENS)
    return setup, reading, max(0.0, both - reading) / MEASURED_TOKENS


def ranking_seconds(session: Session, costs: TrainingCosts) -> dict[str, float]:
    """Return the seconds of training the halves and of ranking, by name; `costs` are those of the first training.

    Ranking is measured on the references in place of candidates, unless the cache has the measurement.
    """
    config, stand_in = session.config, _stand_in(session)
    plan, halves = stand_in.plan, TrainingPlan(session.plan.lengths, half_settings(session.config))
    ranking = replace(costs, epoch=_epoch_seconds(session, stand_in, costs)).seconds(plan)
    both = costs.seconds(halves) + costs.validation * (config.rank.half_epochs + 1)
    return {HALF_TRAINING: both, RANK_TRAINING: ranking}


def _stand_in(session: Session) -> Session:
    """Return a session of ranking with references in place of candidates."""
    set_dropout(session.adapted, on=False)  # `RankingLoss` tries the model, and must not draw a mask
    rank, model = session.config.rank, session.loss_fn
    loss = RankingLoss(model, weight=rank.weight, margin=rank.margin)
    count = min(CHOSEN, rank.candidates)
    rewards = tuple(1 - place / count for place in range(count))
    examples = [
        RankedExample(one.source, one.target, (one.target,) * count, rewards, loss.shares_source)
        for one in session.examples
    ]
    plan = TrainingPlan(tuple(example.length for example in examples), ranking_settings(session.config))
    planned = plan.micro_batch_tokens(whole_steps=model.device.type != "cpu")
    return replace(
        session, ranking=loss, examples=examples, plan=plan, planned_tokens=planned,
        max_tokens=min(planned, session.max_tokens) if session.max_tokens < session.planned_tokens else planned,
    )  # fmt: skip


def _epoch_seconds(session: Session, stand_in: Session, costs: TrainingCosts) -> float:
    if has_long_inputs(stand_in):  # measuring would take minutes
        return costs.epoch * sum(stand_in.plan.lengths) / sum(session.plan.lengths)
    config, file = session.config, session.run_dir.transformation / "train.safetensors"
    train = config.train.model_dump(include={"effective_batch_size", "micro_batch_tokens", "seed"})
    settings = config.model_dump(include={"model": True, "lora": True}) | {"train": train}
    computed = (
        "ranking", session.precision.name, stand_in.max_tokens, torch.get_num_threads(),
        session.kernels, device_name(session.loss_fn.device), min(CHOSEN, config.rank.candidates),
    )  # fmt: skip
    cached = MeasurementCache.of([file], (settings, computed))
    numbers = cached.read() or {"epoch": epoch_seconds(stand_in, MEASURED_BATCHES)}
    cached.write(numbers)
    return numbers["epoch"]


def seconds_left(expected: dict[str, float], session: Session) -> float:
    """Return how many of the `expected` seconds are left; a stage that is not finished counts as a whole.

    Of the candidates, only those in finished files are subtracted.
    """
    config, run_dir, examples = session.config, session.run_dir, len(session.examples)
    written = CHUNK * len(list(run_dir.candidates.glob("*.safetensors")))
    halves = sum(not finished(config, run_dir.at_stage(half)) for half in HALVES) / len(HALVES)
    return (
        expected[HALF_TRAINING] * halves
        + expected[CANDIDATES] * max(0.0, 1 - written / examples)
        + expected[RANK_TRAINING]
    )


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
