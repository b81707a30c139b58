"""The whole way of learning to rank with tiny models: what each adapter sees, and that a restart changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
import torch
from safetensors.torch import load, load_file
from slow_sampler import SlowSampler

from sumtune.config import Config
from sumtune.errors import RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import locate
from sumtune.model.tokenizer import load_encoder
from sumtune.rank import candidates
from sumtune.rank.choose import CHOSEN
from sumtune.rank.reward import reward
from sumtune.rank.stages import Reports, learn_to_rank
from sumtune.rank.training_texts import TrainingText, load_training_texts
from sumtune.text.encode import Encoded, Encoder
from sumtune.text.encoded_file import load_encoded
from sumtune.text.prompt import Prompt
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState, list_checkpoints, load_state
from sumtune.train.event_log import Event, read_events
from sumtune.train.final_adapter import finished, save_adapter_of
from sumtune.train.ranked_example import RankedExample
from sumtune.train.session import HALVES, Session, Stage

Make = Callable[..., Session]
RANKING = {
    "rank.candidates": 6, "rank.half_epochs": 1, "rank.epochs": 2, "rank.learning_rate": 0.01, "rank.temperature": 1.0,
    "train.epochs": 1,
}  # fmt: skip
"""22 examples: 3 optimizer steps for each half, 12 of ranking."""


class StoppedError(Exception):
    """Simulates a power cut."""


@pytest.fixture(scope="module", autouse=True)
def _small_chunks_from_a_slow_sampler() -> Iterator[None]:
    def sampler(source: Any, adapter: Path, _prompt: Any, _decode: Any, _device: str, encoder: Any) -> SlowSampler:
        return SlowSampler(source, adapter, encoder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "CHUNK", 4)
        patch.setattr(candidates, "build_summarizer", sampler)
        yield


def reports(stop: tuple[str, int] | None = None) -> Reports:
    """Reports that raise at `stop`: a stage and an optimizer step of it, or `candidates` and a number of dialogues."""

    @contextmanager
    def of_training() -> Iterator[Callable[[Event], None]]:
        stage = ""

        def report(event: Event) -> None:
            nonlocal stage
            stage = event.get("stage", stage)
            if event["event"] == "step" and (stage, event["step"]) == stop:
                raise StoppedError

        yield report

    @contextmanager
    def of_sampling(_name: str, _total: int) -> Iterator[Callable[[float], None]]:
        done = 0.0

        def progress(count: float) -> None:
            nonlocal done
            done += count
            if stop is not None and stop[0] == "candidates" and done >= stop[1]:
                raise StoppedError

        yield progress

    return Reports(of_training, of_sampling, lambda session: session)


def references(make: Make) -> tuple[Config, RunDir, TrainState]:
    """Train on the references."""
    session = make()
    state = training.fit(session, lambda _: None)
    save_adapter_of(session.config, session.run_dir, state, session.run_dir.supervised)
    return session.config, session.run_dir, state


def rank(config: Config, run_dir: RunDir, state: TrainState, stop: tuple[str, int] | None = None) -> bytes:
    """Learn to rank after training on the references; return the bytes of the final adapter."""
    learn_to_rank(config, run_dir, state, reports(stop))
    return (run_dir.adapter / "adapter_model.safetensors").read_bytes()


@dataclass(frozen=True)
class Straight:
    """An uninterrupted run, and the trainings that it added."""

    config: Config
    run_dir: RunDir
    after_references: RunDir
    """The run before it learned to rank."""
    adapter: bytes
    trained: list[Stage]
    sampled: list[tuple[str, list[tuple[int, ...]]]]
    """The half whose adapter wrote candidates, and the sources that it was given."""

    def texts(self) -> list[TrainingText]:
        return load_training_texts(self.run_dir, self.encoder())

    def encoder(self) -> Encoder:
        folder = locate(self.config.model.name, None).folder
        return load_encoder(folder, Prompt.load(self.run_dir.transformation))


@pytest.fixture(scope="module", params=["gemma", pytest.param("t5", marks=pytest.mark.e2e)])
def straight(
    request: pytest.FixtureRequest, session_in: Make, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Straight]:
    root, trained, prepare = tmp_path_factory.mktemp("straight"), list[Stage](), training.prepare

    def noting(config: Config, run_dir: RunDir, precision: str = "", stage: Stage | None = None) -> Session:
        trained.extend([stage] if stage else [])
        return prepare(config, run_dir, precision, stage)

    sampled: list[tuple[str, list[tuple[int, ...]]]] = []
    real = SlowSampler.sample

    def sample(self: SlowSampler, sources: Any, settings: Any) -> Any:
        sampled.append((self.adapter.parent.name, list(sources)))
        return real(self, sources, settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "prepare", noting)
        patch.setattr(SlowSampler, "sample", sample)
        supervised = references(partial(session_in, root, request.param, "run", RANKING))
        after_references = copytree(root / "run", root / "references")
        adapter = rank(*supervised)
    config, run_dir, _ = supervised
    return Straight(config, run_dir, RunDir(after_references), adapter, trained, sampled)


def test_candidates_never_come_from_an_adapter_that_saw_the_dialogue(straight: Straight) -> None:
    assert [stage.label for stage in straight.trained] == ["half 1 of 2", "half 2 of 2", "ranking"]
    everything = {one.source for one in load_encoded(straight.run_dir.transformation / "train.safetensors")}
    for half, trained in zip(HALVES, straight.trained, strict=False):
        seen = {one.source for one in trained.examples}
        written = {source for name, sources in straight.sampled for source in sources if name == half}
        assert written
        assert not seen & written
        assert seen | written == everything
    assert sorted(source for _, sources in straight.sampled for source in sources) == sorted(everything)


def test_ranking_learns_from_all_examples_with_rewards_of_their_own_candidates(straight: Straight) -> None:
    examples = ranked(straight.trained[-1].examples)
    texts, encoder = straight.texts(), straight.encoder()
    assert [(one.source, one.target) for one in examples] == [(t.encoded.source, t.encoded.target) for t in texts]
    assert any(len(list(one.pairs())) for one in examples)
    for one, text in zip(examples, texts, strict=True):
        assert len(set(one.candidates)) == len(one.candidates) <= CHOSEN
        for ids, found in zip(one.candidates, one.rewards, strict=True):
            assert ids[-1] == one.target[-1]
            assert found == pytest.approx(reward(encoder.decode(ids), text.dialogue, text.reference))


def ranked(examples: Sequence[Encoded]) -> list[RankedExample]:
    return [one for one in examples if isinstance(one, RankedExample)]


def test_each_epoch_of_ranking_compares_other_candidates(straight: Straight) -> None:
    stage = straight.trained[-1]
    first, (second,) = ranked(stage.examples), map(ranked, stage.later_epochs)
    assert [one.source for one in first] == [one.source for one in second]
    assert any(one.candidates != other.candidates for one, other in zip(first, second, strict=True))
    for one, other in zip(first, second, strict=True):
        assert len(one.candidates) == len(other.candidates)
        assert (one.rewards[0], one.rewards[-1]) == (other.rewards[0], other.rewards[-1])


def test_the_result_is_the_adapter_of_ranking_and_that_of_the_references_stays(straight: Straight) -> None:
    run_dir, ranking = straight.run_dir, straight.run_dir.at_stage("ranking")
    assert finished(straight.config, run_dir)
    last = list_checkpoints(ranking.trainer)[-1]
    assert last.name == "checkpoint-12"
    assert straight.adapter == (last / "adapter_model.safetensors").read_bytes()
    supervised = load_file(run_dir.supervised / "adapter_model.safetensors")
    published = load_file(run_dir.adapter / "adapter_model.safetensors")
    assert supervised.keys() == published.keys()
    assert any(not torch.equal(published[key], supervised[key]) for key in published)
    losses = [event["loss"] for event in read_events(ranking.train_metrics) if event["event"] == "step"]
    assert sum(losses[-6:]) < sum(losses[:6])


def test_ranking_starts_from_the_weights_of_the_references(straight: Straight) -> None:
    stage = straight.trained[-1]
    session = training.prepare(straight.config, straight.run_dir.at_stage("other"), "fp32", stage)
    supervised = load_file(straight.run_dir.supervised / "adapter_model.safetensors")
    fresh = torch.Generator().manual_seed(straight.config.train.seed)
    assert torch.equal(session.generator.get_state(), fresh.get_state()), "no dropout mask was drawn"
    weights = session.master_weights.weights
    assert len(weights) == len(supervised)
    assert all(
        any(torch.equal(weight, other) for other in supervised.values() if other.shape == weight.shape)
        for weight in weights.values()
    )


STOPS = [
    ("half 1 of 2", 2), ("half 2 of 2", 1), ("half 2 of 2", 3), ("candidates", 8), ("candidates", 16), ("ranking", 3),
    ("ranking", 12),
]  # fmt: skip
"""Where a run is killed, one after another: inside of each stage and at its end."""


def test_a_run_that_was_killed_in_any_stage_has_the_same_adapter(straight: Straight, tmp_path: Path) -> None:
    run_dir = RunDir(copytree(straight.after_references.root, tmp_path / "run"))
    state = training_state(run_dir)
    for stop in STOPS:
        with pytest.raises(StoppedError):
            rank(straight.config, run_dir, state, stop)
        assert not run_dir.adapter.exists()
    assert rank(straight.config, run_dir, state) == straight.adapter


def test_finished_parts_are_not_written_again_and_damaged_ones_are(
    straight: Straight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = RunDir(copytree(straight.run_dir.root, tmp_path / "run"))
    rmtree(run_dir.adapter)
    path = sorted(run_dir.candidates.iterdir())[1]
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    asked: list[int] = []
    real = SlowSampler.sample
    monkeypatch.setattr(
        SlowSampler,
        "sample",
        lambda self, *given: asked.append(len(given[0])) or real(self, *given),
    )
    assert rank(straight.config, run_dir, training_state(run_dir)) == straight.adapter
    assert asked == [4], "one chunk"
    assert load(path.read_bytes()).keys() == load(whole).keys()
    assert all(torch.equal(load(path.read_bytes())[key], tensor) for key, tensor in load(whole).items())


def test_missing_candidates_are_an_error(straight: Straight, tmp_path: Path) -> None:
    from sumtune.rank import stages

    run_dir = RunDir(copytree(straight.run_dir.root, tmp_path / "run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "write_candidates", lambda *_: next(run_dir.candidates.iterdir()).unlink())
        with pytest.raises(RunDirError, match="lacks candidates"):
            learn_to_rank(straight.config, run_dir, training_state(run_dir), reports())


def training_state(run_dir: RunDir) -> TrainState:
    return load_state(list_checkpoints(run_dir.trainer)[-1])
