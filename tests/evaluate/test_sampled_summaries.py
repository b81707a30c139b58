"""Summaries that are sampled during a training: what they are, and that they change nothing."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import torch

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_summarizer
from sumtune.decode.in_training import summarizer_in_training
from sumtune.decode.native.summarizer import NativeSummarizer
from sumtune.decode.unsupported import UnsupportedError
from sumtune.evaluate import rouge
from sumtune.evaluate.sampled_summaries import SampledSummaries
from sumtune.model.locate import locate
from sumtune.text.prompt import Prompt
from sumtune.train import session as training
from sumtune.train.event_log import read_events
from sumtune.train.sampling_budget import SamplingBudget
from sumtune.train.session import Session

pytestmark = pytest.mark.e2e

Make = Callable[..., Session]
GREEDY = DecodeConfig(beams=1, engine="torch")


class Unlimited(SamplingBudget):
    """A budget that allows everything."""

    def allows(self, elapsed_s: float) -> bool:
        return True

    def after(self, seconds: float) -> SamplingBudget:
        return self


def trained(session: Session, sample: bool = False) -> bytes:
    sampled = {"sample": SampledSummaries(session, 5, Unlimited(0.0))} if sample else {}
    training.run(session, lambda _: None, **sampled)
    return (session.run_dir.adapter / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_sampling_changes_nothing_in_the_adapter_and_scores_what_is_saved(
    session_in: Make, tmp_path: Path, name: str
) -> None:
    changed = {"train.epochs": 1}
    expected = trained(session_in(tmp_path, name, "without", changed))
    session = session_in(tmp_path, name, "with", changed)
    global_state = torch.random.get_rng_state()
    assert trained(session, sample=True) == expected
    assert torch.equal(torch.random.get_rng_state(), global_state)
    events = [event for event in read_events(session.run_dir.train_metrics) if event["event"] == "sampled"]
    assert [event["step"] for event in events] == [0, 4, 6], "after each validation"
    assert all(event["examples"] == 5 and event["seconds"] > 0 for event in events)

    sampled = SampledSummaries(session, 5, SamplingBudget(0.0))
    examples, longest = (
        sampled.examples,
        max(map(len, sampled._encoder.targets([e.references[0] for e in sampled.examples]))),
    )
    source, prompt = locate(session.config.model.name), Prompt.load(session.run_dir.adapter)
    saved = build_summarizer(source, session.run_dir.adapter, prompt, GREEDY, "cpu")
    written = saved.summarize([example.dialogue for example in examples], max_tokens=longest)
    scores = [rouge.score(one.text, example.references[0]) for one, example in zip(written, examples, strict=True)]
    for metric in rouge.ROUGE_METRICS:
        assert events[-1][metric] == pytest.approx(mean(getattr(score, metric) for score in scores))


VARIANTS = {
    "gemma": {}, "dora": {"lora.dora": True}, "query and value": {"lora.target_modules": None},
    "4 bits": {"model.quantize": "nf4"}, "bf16": {"model.precision": "bf16"},
}  # fmt: skip


@pytest.mark.parametrize("changed", VARIANTS.values(), ids=VARIANTS)
def test_a_decoder_generates_with_its_layers_as_they_are_at_the_moment(
    session_in: Make, tmp_path: Path, changed: dict[str, Any], kernels: object
) -> None:
    if changed.get("model.quantize"):
        pytest.importorskip("bitsandbytes")
    session = session_in(tmp_path, "gemma", changed=changed)
    sampled = SampledSummaries(session, 6, SamplingBudget(0.0))
    before = [one.text for one in sampled.write()]
    generator = torch.Generator().manual_seed(1)
    for weight in session.master_weights.average.values():
        weight.copy_(torch.randn(weight.shape, generator=generator) / 4)
    after = [one.text for one in sampled.write()]
    assert after != before
    for name, weight in session.master_weights.average.items():
        weight.copy_(session.master_weights.weights[name])  # B is still zero
    assert [one.text for one in sampled.write()] == before, "without an adapter, it is the base model"


def test_fused_attention_that_the_native_engine_does_not_know_is_refused(
    session_in: Make, tmp_path: Path, kernels: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_in(tmp_path, "llama")
    encoder = SampledSummaries(session, 1, SamplingBudget(0.0))._encoder
    args = (session.loss_fn.model, encoder, GREEDY, None, session.loss_fn.kernels)
    assert isinstance(summarizer_in_training(*args), NativeSummarizer)
    monkeypatch.setattr("sumtune.decode.native.extract.fused_output_weight", lambda _model: None)
    with pytest.raises(UnsupportedError):
        summarizer_in_training(*args)


def test_a_sample_that_is_too_dear_is_left_out(session_in: Make, tmp_path: Path) -> None:
    sampled = SampledSummaries(session_in(tmp_path, "llama"), 2, SamplingBudget(3.0))
    assert sampled(99.0) is None
    assert sampled(101.0) is not None
    assert sampled.budget.spent_s == sampled.budget.next_s > 0
