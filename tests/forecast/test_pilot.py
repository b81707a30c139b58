from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch

from sumtune.config import DecodeConfig, ModelConfig
from sumtune.data.example import Example
from sumtune.files.run_dir import RunDir
from sumtune.forecast.pilot import DEPTHS, HELD_OUT, Pilot, pilot_decode, pilot_session, pilot_splits, run_pilot
from sumtune.forecast.session_summarizer import live_summarizer, session_summarizer
from sumtune.model import encode_stage
from sumtune.train.session import Session

pytestmark = pytest.mark.e2e


def examples(numbers: range) -> list[Example]:
    return [Example(str(n), file="made up", row=n + 1, **tiny.conversation(n)) for n in numbers]


def settings(model: Path) -> ModelConfig:
    return ModelConfig(name=str(model), device="cpu", precision="fp32", max_source_tokens=128, max_target_tokens=32)


def session_of(model: Path, root: Path) -> tuple[Session, list[Example]]:
    learned, held_out = pilot_splits(examples(range(24)), examples(range(50, 54)))
    config = settings(model)
    return pilot_session(config, RunDir(root), learned, held_out, encode_stage.make_encoder(config)), held_out


def pilot_of(model: Path, root: Path, make: Any = live_summarizer) -> tuple[Pilot, Session]:
    session, held_out = session_of(model, root)
    write = partial(make, decode=DecodeConfig(beams=1, engine="torch"), folder=root / "now")
    return run_pilot(session, held_out, "rouge-score", write, (2, 4)), session


@pytest.mark.parametrize(("train", "validation"), [(24, 4), (3, 1), (1, 1), (600, 60), (300, 8)])
def test_a_pilot_learns_from_no_example_that_it_holds_out(train: int, validation: int) -> None:
    given = examples(range(train)), examples(range(700, 700 + validation))
    learned, held_out = pilot_splits(*given)
    assert learned
    assert min(validation, HELD_OUT) <= len(held_out) <= HELD_OUT
    assert {one.fingerprint for one in learned}.isdisjoint(one.fingerprint for one in held_out)
    assert {one.id for one in learned} <= {one.id for one in given[0]}
    assert len(learned) <= 4 * DEPTHS[-1]
    assert len(learned) >= min(0.7 * train, 4 * DEPTHS[-1])


def test_copies_of_a_dialogue_are_all_learned_from_or_all_held_out() -> None:
    once = examples(range(20))
    learned, held_out = pilot_splits([*once, *(replace(one, id=one.id + "b") for one in once)], examples(range(50, 51)))
    assert {one.fingerprint for one in learned}.isdisjoint(one.fingerprint for one in held_out)


def test_pilots_repeat_themselves_as_those_of_the_bank_did() -> None:
    decode = pilot_decode(DecodeConfig(beams=4, no_repeat_ngram_size=4, no_repeat_words=3))
    assert (decode.beams, decode.no_repeat_ngram_size, decode.no_repeat_words) == (1, 0, 0)


def test_a_pilot_learns_and_is_the_same_each_time(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    (first, _), (second, _) = (pilot_of(tiny_models["gemma"], tmp_path / name) for name in "ab")
    assert replace(first, seconds_per_step=0) == replace(second, seconds_per_step=0)
    losses = [first.base_loss, *(point.loss for point in first.points)]
    assert losses == sorted(losses, reverse=True)
    assert [point.steps for point in first.points] == [2, 4]
    assert all(0 <= score <= 1 for point in first.points for score in point.scores.values())


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_the_model_in_training_writes_what_the_finished_adapter_would(
    tiny_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    makers = (live_summarizer, session_summarizer)
    live, merged = (pilot_of(tiny_models[name], tmp_path / make.__name__, make)[0] for make in makers)
    for one, other in zip(live.points, merged.points, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=0.02)
        assert one.loss == pytest.approx(other.loss)


def test_a_loss_is_measured_before_its_batch_is_learned_from(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    session, held_out = session_of(tiny_models["gemma"], tmp_path)
    before = session.loss_fn([session.examples[at] for at in session.plan.batch(0)])
    found = run_pilot(session, held_out[:1], "rouge-score", lambda _: _Silent(), (1,))
    assert found.points[0].learned_loss == pytest.approx(before[0].item() / before[1], rel=1e-5)


def test_a_pilot_ends_at_a_depth_if_the_next_takes_too_long(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    session, held_out = session_of(tiny_models["gemma"], tmp_path)
    found = run_pilot(session, held_out[:1], "rouge-score", lambda _: _Silent(), (2, 3, 4), limit_s=0.0)
    assert [point.steps for point in found.points] == [2]


def test_a_pilot_draws_from_no_global_generator(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    before = torch.get_rng_state()
    pilot_of(tiny_models["gemma"], tmp_path)
    assert torch.equal(torch.get_rng_state(), before)


class _Silent:
    def summarize(self, dialogues: list[str], **_: Any) -> list[Any]:
        from sumtune.summarizer import Completion

        return [Completion("", 0, cut_off=False) for _ in dialogues]
