"""The stages of learning to rank, after training on all references: two halves, candidates, and ranking."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np

from sumtune.config import Config, TrainConfig
from sumtune.errors import RunDirError
from sumtune.files.failpoints import failpoint
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.model.locate import locate
from sumtune.model.tokenizer import load_encoder
from sumtune.rank.candidates import CandidateStage, loaded_candidates, write_candidates
from sumtune.rank.choose import choose
from sumtune.rank.halves import split_in_halves
from sumtune.rank.training_texts import TrainingText, load_training_texts
from sumtune.summarizer import OnProgress
from sumtune.text.encode import Encoded, Encoder
from sumtune.text.prompt import Prompt
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.event_log import EventCallback
from sumtune.train.final_adapter import elapsed_seconds, finished, save_final_adapter
from sumtune.train.ranked_example import RankedExample
from sumtune.train.session import HALVES, RANKING, Session, Stage

__all__ = ["Reports", "half_settings", "learn_to_rank", "ranking_settings"]


@dataclass(frozen=True)
class Reports:
    """How progress is shown, and how a session is fitted into memory."""

    training: Callable[[], AbstractContextManager[EventCallback]]
    sampling: Callable[[str, int], AbstractContextManager[OnProgress]]
    """Gets the name of the step and the number of dialogues."""
    fit_to_memory: Callable[[Session], Session]


@dataclass(frozen=True)
class _Run:
    """A run folder in which the adapter of the references is finished, and everything that all stages need."""

    config: Config
    run_dir: RunDir
    encoder: Encoder
    texts: Sequence[TrainingText]
    halves: tuple[list[int], list[int]]
    precision: str
    reports: Reports

    def candidate_stages(self) -> list[CandidateStage]:
        """Return the stages of candidates: each half's adapter writes for the other half."""
        others = reversed(self.halves)
        return [
            CandidateStage(self.config, self.run_dir, half, self.texts, other)
            for half, other in zip(HALVES, others, strict=True)
        ]


def half_settings(config: Config) -> TrainConfig:
    """Return the training settings of the two halves."""
    return config.train.model_copy(update={"epochs": config.rank.half_epochs})


def ranking_settings(config: Config) -> TrainConfig:
    """Return the training settings of learning to rank. The last adapter is the result: its cross entropy may rise."""
    keys = {"epochs", "learning_rate", "warmup_steps"}
    return config.train.model_copy(update=config.rank.model_dump(include=keys) | {"result": "last"})


def learn_to_rank(config: Config, run_dir: RunDir, supervised: TrainState, reports: Reports) -> float:
    """Run the stages that are not finished, publish the resulting adapter, and return the seconds of all training.

    `supervised` is the final state of training on the references, whose adapter is in `run_dir.supervised`.

    Raises:
        StoppedError: the user stopped the run. Its state is saved.
        SumtuneError: a stage cannot run.
    """
    prompt = Prompt.load(run_dir.transformation)
    encoder = load_encoder(locate(config.model.name, config.model.revision).folder, prompt)
    texts = load_training_texts(run_dir, encoder)
    halves = split_in_halves([text.group for text in texts], config.train.seed)
    run = _Run(config, run_dir, encoder, texts, halves, supervised.precision, reports)
    for name, members in zip(HALVES, halves, strict=True):
        _train_half(run, name, members)
    with reports.sampling("Candidates", len(texts)) as progress:
        for stage in run.candidate_stages():
            write_candidates(stage, encoder, progress)
            failpoint("stage.finished")
    state, seconds = _rank(run)
    elapsed_s = supervised.elapsed_s + sum(elapsed_seconds(run_dir.at_stage(half)) for half in HALVES) + seconds
    result = run_dir.at_stage(RANKING).trainer / f"checkpoint-{state.step}"
    if (reason := checkpoint.damage(result)) is not None:
        raise RunDirError(f"{result}, the result of this run, cannot be used: {reason}. Repeat the command.")
    save_final_adapter(config, run_dir, replace(supervised, elapsed_s=elapsed_s), result)
    return elapsed_s


def _train_half(run: _Run, name: str, members: Sequence[int]) -> None:
    """Train the adapter of a half, unless it is finished. Its checkpoints are deleted, because nothing needs them."""
    run_dir = run.run_dir.at_stage(name)
    if not finished(run.config, run_dir):
        examples = [run.texts[at].encoded for at in members]
        label = f"half {HALVES.index(name) + 1} of {len(HALVES)}"
        _train(run, run_dir, Stage(label, half_settings(run.config), examples), training.run)
        free_memory()
        failpoint("stage.finished")
    checkpoint.delete(checkpoint.list_checkpoints(run_dir.trainer))


def _rank(run: _Run) -> tuple[TrainState, float]:
    """Train on the candidates; return the final state, and the seconds of writing candidates and training on them."""
    first, *later = _ranked_examples(run)
    stage = Stage("ranking", ranking_settings(run.config), first, run.run_dir.supervised, run.config.rank, later)
    state = _train(run, run.run_dir.at_stage(RANKING), stage, training.fit)
    failpoint("stage.finished")
    sampled = sum(found.elapsed_s for one in run.candidate_stages() for _, found in loaded_candidates(one))
    return state, sampled + state.elapsed_s


def _train(run: _Run, run_dir: RunDir, stage: Stage, train: Callable[..., TrainState]) -> TrainState:
    """Train in the folder of `run_dir`, from its newest checkpoint if that belongs to this run."""
    session = training.prepare(run.config, run_dir, run.precision, stage)
    newest, _ = checkpoint.latest_intact(run_dir.trainer)
    resumes = newest is not None and checkpoint.load_state(newest).fingerprint == session.fingerprint
    if not resumes:
        shutil.rmtree(run_dir.trainer, ignore_errors=True)
    with run.reports.training() as report:
        return train(run.reports.fit_to_memory(session), report, resume=resumes)


def _ranked_examples(run: _Run) -> list[list[RankedExample]]:
    """Return the training examples of each epoch of ranking, with the candidates chosen for it.

    Raises:
        RunDirError: an example has no candidates.
    """
    found: dict[int, list[RankedExample]] = {}
    for stage in run.candidate_stages():
        for chunk, candidates in loaded_candidates(stage):
            for at, ids, rewards in zip(chunk, candidates.ids, candidates.rewards, strict=True):
                generator = np.random.default_rng([run.config.train.seed, 1, at])
                targets = [run.encoder.target_of(one) for one in ids]
                found[at] = [
                    _ranked_example(run.texts[at].encoded, choose(targets, rewards, generator))
                    for _ in range(run.config.rank.epochs)
                ]
    if len(found) != len(run.texts):
        raise RunDirError(f"{run.run_dir.candidates} lacks candidates of some examples: repeat the command.")
    return [list(examples) for examples in zip(*(found[at] for at in range(len(found))), strict=True)]


def _ranked_example(example: Encoded, chosen: Sequence[tuple[tuple[int, ...], float]]) -> RankedExample:
    candidates, rewards = zip(*chosen, strict=True)
    return RankedExample(example.source, example.target, candidates, rewards)
