from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from sumtune.config_resolution import resolve
from sumtune.data.example import Example, dump_jsonl
from sumtune.files.atomic import write_json, write_text
from sumtune.files.run_dir import RunDir
from sumtune.forecast import timing
from sumtune.forecast.forecast import MIN_LOGGED_STEPS, forecast_remaining
from sumtune.forecast.timing import CostModel, decode_costs, fit, training_costs
from sumtune.forecast.trial import planned_micro_batches
from sumtune.model import encode_stage
from sumtune.summarizer import Completion, OnProgress
from sumtune.text.encode import Encoded
from sumtune.train.event_log import append_event
from sumtune.train.session import Session, prepare
from sumtune.train.training_plan import TrainingPlan


def group(*sizes: tuple[int, int]) -> list[Encoded]:
    return [Encoded((1,) * source, (2,) * target) for source, target in sizes]


groups_of_examples = st.lists(
    st.lists(st.tuples(st.integers(5, 300), st.integers(2, 60)), min_size=1, max_size=6), min_size=4, max_size=8
).map(lambda drawn: [group(*sizes) for sizes in drawn])


@given(groups_of_examples, *[st.floats(1e-4, 1.0)] * 3)
def test_fit_recovers_planted_costs(
    groups: list[list[Encoded]], fixed: float, per_token: float, per_target: float
) -> None:
    features = timing._features(groups)
    assume(np.linalg.matrix_rank(features) == 3)
    planted = CostModel(fixed, per_token, per_target)
    seconds = [planted.seconds([one]) for one in groups]
    assume(np.linalg.cond(features / np.array(seconds)[:, None]) < 1e4)
    found = fit(groups, seconds)
    assert found.seconds(groups) == pytest.approx(planted.seconds(groups), rel=1e-6)
    assert (found.fixed, found.per_token, found.per_target) == pytest.approx(
        (fixed, per_token, per_target), rel=1e-3, abs=1e-5
    )


@given(groups_of_examples, st.data())
def test_fit_never_gives_a_cost_below_zero(groups: list[list[Encoded]], data: st.DataObject) -> None:
    seconds = data.draw(st.lists(st.floats(1e-3, 10), min_size=len(groups), max_size=len(groups)))
    found = fit(groups, seconds)
    assert min(found.fixed, found.per_token, found.per_target) >= 0
    assert 0 < found.seconds(groups) < 10 * sum(seconds)


def test_fit_works_with_one_measurement() -> None:
    one = [group((50, 5), (40, 4))]
    assert fit(one, [2.0]).seconds(one) == pytest.approx(2.0)


def test_padding_costs_like_tokens_and_groups_add_up() -> None:
    costs = CostModel(0.5, 0.01, 0.1)
    long, short = (90, 10), (10, 4)
    assert costs.seconds([group(long, short)]) == pytest.approx(0.5 + 0.01 * 200 + 0.1 * 14)
    assert costs.seconds([group(long), group(short)]) == pytest.approx(1.0 + 0.01 * 114 + 0.1 * 14)


@pytest.fixture
def session(tiny_models: dict[str, Path], tmp_path: Path) -> Session:
    config = resolve(
        overrides={
            "model.name": str(tiny_models["gemma"]), "model.precision": "fp32", "model.max_source_tokens": 128,
            "model.max_target_tokens": 32, "train.micro_batch_tokens": 256, "lora.dropout": 0.2, "lora.rank": 2,
        }
    )  # fmt: skip
    run_dir = RunDir(tmp_path)
    for split, numbers in (("train", range(30)), ("validation", range(50, 60))):
        examples = [Example(str(n), file="made up", row=n + 1, **tiny.conversation(n)) for n in numbers]
        write_text(run_dir.split(split), dump_jsonl(examples))
    encode_stage.run(config, run_dir, partial(encode_stage.make_encoder, config.model))
    return prepare(config, run_dir)


def test_measuring_leaves_the_session_as_it_was(session: Session) -> None:
    master_weights = {name: weight.clone() for name, weight in session.master_weights.weights.items()}
    random_state, global_state = session.generator.get_state(), torch.random.get_rng_state()
    assert training_costs(session).seconds(session.plan) > 0
    assert all(torch.equal(master_weights[name], weight) for name, weight in session.master_weights.weights.items())
    assert all(torch.equal(master_weights[name], p) for name, p in session.master_weights.parameters.items())
    assert session.master_weights.gradients() == []
    assert all(parameter.grad is None for parameter in session.adapted.parameters())
    assert torch.equal(session.generator.get_state(), random_state)
    assert torch.equal(torch.random.get_rng_state(), global_state)


def test_planned_groups_are_what_an_epoch_will_do(session: Session) -> None:
    planned = planned_micro_batches(session)
    assert sorted(example.source for one in planned for example in one) == sorted(e.source for e in session.examples)
    assert all(len(one) * max(e.length for e in one) <= 256 for one in planned if len(one) > 1)


class Clockwork:
    """A summarizer with planted costs: seconds per character read, per step, and per token written."""

    engine, setup_s = "clockwork", 0.0

    def __init__(
        self, read_s: float, step_s: float, write_s: float, tokens: Sequence[int], start_s: float = 0.0
    ) -> None:
        """`tokens` are the lengths of successive summaries, repeated; the first call takes `start_s` longer."""
        self.read_s, self.step_s, self.write_s, self.tokens, self.now = read_s, step_s, write_s, tokens, 0.0
        self.start_s = start_s

    def perf_counter(self) -> float:
        return self.now

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        assert progress is None
        lengths = [min(n, max_tokens or n) for n, _ in zip(cycle(self.tokens), dialogues, strict=False)]
        self.now, self.start_s = self.now + self.start_s, 0.0
        self.now += self.read_s * sum(map(len, dialogues)) + self.step_s * max(lengths) + self.write_s * sum(lengths)
        return [Completion("text", tokens, cut_off=True) for tokens in lengths]


costs_s = st.just(0.0) | st.floats(1e-6, 1)


@given(
    costs_s, costs_s, costs_s, costs_s,
    st.integers(1, 60), st.integers(1, 300), st.integers(1, 100), st.integers(1, 40),
)  # fmt: skip
def test_decoding_is_extrapolated_from_a_few_tokens(
    start_s: float, read_s: float, step_s: float, write_s: float, tokens: int, size: int, batches: int, together: int
) -> None:
    dialogues = ["x" * size] * batches * together
    expected = batches * (together * (read_s * size + write_s * tokens) + step_s * tokens)
    with pytest.MonkeyPatch.context() as patch:
        clockwork = Clockwork(read_s, step_s, write_s, [999], start_s)
        patch.setattr(timing, "time", SimpleNamespace(perf_counter=clockwork.perf_counter))
        costs = decode_costs(clockwork, dialogues, together)
        assert costs.seconds(len(dialogues), [tokens]) == pytest.approx(expected, abs=1e-6)


def test_a_batch_goes_on_until_its_longest_summary_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clockwork = Clockwork(0.0, step_s=1.0, write_s=0.01, tokens=[999])
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=clockwork.perf_counter))
    lengths = np.random.default_rng(0).integers(1, 50, 8000).tolist()
    true = sum(max(batch) + 0.01 * sum(batch) for batch in (lengths[at : at + 16] for at in range(0, 8000, 16)))
    assert decode_costs(clockwork, ["x"] * 8000, 16).seconds(8000, lengths) == pytest.approx(true, rel=0.01)


def test_the_measured_dialogues_are_of_mean_length() -> None:
    class Recorder(Clockwork):
        def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
            self.seen = list(dialogues)
            return super().summarize(dialogues, progress, max_tokens)

    recorder = Recorder(1, 1, 1, [9])
    decode_costs(recorder, ["x" * size for size in (*[1] * 40, *[999] * 40, *[499, 501] * 16)], 32)
    assert all(499 <= len(dialogue) <= 501 for dialogue in recorder.seen)


def test_the_rest_of_a_run_takes_as_long_for_a_token_as_its_log_says(
    session_in: Callable[..., Session], tmp_path: Path
) -> None:
    session = session_in(tmp_path, "gemma", changed={"train.epochs": 30})
    run_dir, plan, tokens = session.run_dir, session.plan, 0
    assert forecast_remaining(session, 0, None) is None, "nothing was logged"
    write_json(run_dir.run_json, {"forecast": {"peak_memory_bytes": 7}})
    for step in range(plan.total_steps):
        rest = forecast_remaining(session, step, evaluation_s=3.0)
        if step < MIN_LOGGED_STEPS:
            assert rest is None
        else:
            assert rest is not None
            whole = plan.settings.epochs * sum(plan.lengths)
            assert rest.training_s == pytest.approx(2.0 * step * (whole - tokens) / tokens)
            assert (rest.evaluation_s, rest.peak_memory_bytes) == (3.0, 7)
        tokens += tokens_of(plan, step)
        append_event(run_dir.train_metrics, {"event": "step", "step": step + 1, "tokens": tokens_of(plan, step),
                                             "elapsed_s": 2.0 * (step + 1), "loss": 1.0, "learning_rate": 1e-3,
                                             "gradient_norm": 1.0})  # fmt: skip


def tokens_of(plan: TrainingPlan, step: int) -> int:
    return sum(plan.lengths[at] for at in plan.batch(step))


def test_a_run_that_was_stopped_at_once_takes_as_long_as_was_said(
    session_in: Callable[..., Session], tmp_path: Path
) -> None:
    session = session_in(tmp_path, "gemma", changed={"train.epochs": 30})
    plan, file = session.plan, session.run_dir.run_json

    def left(step: int) -> int:
        return sum(tokens_of(plan, later) for later in range(step, plan.total_steps))

    write_json(file, {"forecast": {"peak_memory_bytes": 7, "training_s": 900.0}})
    whole = forecast_remaining(session, 0, None)
    later = forecast_remaining(session, 12, None)
    assert whole is not None
    assert later is not None
    assert (whole.training_s, later.training_s) == (pytest.approx(900), pytest.approx(900 * left(12) / left(0)))
    write_json(file, {"forecast": vars(later)})
    last = forecast_remaining(session, 15, None)
    assert last is not None
    assert last.training_s == pytest.approx(900 * left(15) / left(0))
    for _ in range(2):  # stopped again and again after the last step
        write_json(file, {"forecast": vars(last)})
        last = forecast_remaining(session, plan.total_steps, None)
        assert last is not None
        assert last.training_s == 0


@pytest.mark.parametrize(("seconds", "runs"), [(0.1, 2), (2.0, 1)])
def test_only_short_work_is_timed_twice(seconds: float, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[float] = []
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: seconds * len(starts)))
    assert timing.steady_seconds(lambda: starts.append(0.0)) == pytest.approx(seconds)
    assert len(starts) == runs
