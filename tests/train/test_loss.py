from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sumtune.config import ModelConfig
from sumtune.model import encode_stage as encode
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, target_modules, trainable
from sumtune.text.encode import Encoded, Encoder
from sumtune.train.loss import CHUNK_ROWS, SummaryLoss, token_cross_entropy
from sumtune.train.master_weights import MasterWeights
from sumtune.train.step import mean_loss, step_gradient

NAMES = ("gemma", "llama", "gpt2", "t5", "bart")
architectures = pytest.mark.parametrize("name", NAMES)
ALL_AT_ONCE, ONE_AT_A_TIME = 100_000, 1


@pytest.fixture(scope="module")
def encoders(tiny_models: dict[str, Path]) -> dict[str, Encoder]:
    return {name: encode.make_encoder(ModelConfig(name=str(tiny_models[name]))) for name in NAMES}


def examples_of(encoder: Encoder, count: int = 5) -> list[Encoded]:
    return [encoder.encode(**tiny.conversation(number)) for number in range(count)]


def adapted_model(folder: Path, dtype: torch.dtype = torch.float32) -> tuple[Any, Any]:
    """A model as in the middle of training, and the Hugging Face model inside it."""
    base = load_base(folder, dtype)
    targets = target_modules(base, None)
    adapted, _ = add_lora(base, base_name=str(folder), rank=4, alpha=4.0, dropout=0.0, targets=targets, seed=0)
    noise = torch.Generator().manual_seed(1)
    for parameter in trainable(adapted).values():
        parameter.data += (0.1 * torch.randn(parameter.shape, generator=noise)).to(dtype)
    return adapted, base


def reference(base: Any, example: Encoded) -> Tensor:
    """Summed loss of one example as Hugging Face computes it: labels, full logits, no padding."""
    source, target = torch.tensor([example.source]), torch.tensor([example.target])
    if base.config.is_encoder_decoder:
        mean = base(input_ids=source, labels=target, use_cache=False).loss
    else:
        labels = torch.cat([torch.full_like(source, -100), target], 1)
        mean = base(input_ids=torch.cat([source, target], 1), labels=labels, use_cache=False).loss
    return mean * target.numel()


def gradients(adapted: Any) -> Tensor:
    found = torch.cat([p.grad.float().flatten() for p in trainable(adapted).values() if p.grad is not None])
    adapted.zero_grad()
    return found


def relative_error(found: Tensor, expected: Tensor) -> float:
    return ((found - expected).norm() / expected.norm()).item()


def mean_gradient(adapted: Any, loss_fn: Any, examples: Sequence[Encoded], max_tokens: int) -> tuple[float, Tensor]:
    master_weights = MasterWeights(trainable(adapted))
    found = step_gradient(loss_fn, examples, master_weights, torch.Generator(), max_tokens, max_tokens, max_norm=1e9)
    return found.loss, torch.cat([gradient.flatten() for gradient in master_weights.gradients()])


@pytest.mark.parametrize("rows", [1, CHUNK_ROWS, 2 * CHUNK_ROWS + 7])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
def test_token_cross_entropy_equals_torch(rows: int, dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    ours = (5 * torch.randn(rows, 331)).to(dtype).requires_grad_()
    theirs = ours.detach().float().requires_grad_()
    targets = torch.randint(331, (rows,))
    loss, expected = token_cross_entropy(ours, targets), cross_entropy(theirs, targets, reduction="sum")
    assert loss.dtype == torch.float32
    assert relative_error(loss, expected) < 1e-5
    (loss * 0.7).backward()
    (expected * 0.7).backward()
    assert ours.grad.dtype == dtype
    assert relative_error(ours.grad.float(), theirs.grad) < tolerance


def test_token_cross_entropy_does_not_overflow() -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    loss = token_cross_entropy(logits, torch.tensor([1]))
    loss.backward()
    assert loss.item() == 2e4
    assert logits.grad.tolist() == [[1.0, -1.0, 0.0]]


@architectures
def test_target_positions_are_exactly_the_summaries(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    encoder = encoders[name]
    examples = examples_of(encoder)
    inputs, rows, targets = SummaryLoss(load_base(tiny_models[name], torch.float32), 0).collate(examples)
    end = encoder.tokenizer.eos_token_id
    texts = encoder.tokenizer.decode(targets).split(encoder.tokenizer.decode([end]))
    assert [text.replace("<s>", "").strip() for text in texts] == [
        tiny.conversation(n)["summary"] for n in range(5)
    ] + [""]
    assert (targets == end).sum() == len(examples)
    if encoder.is_encoder_decoder:  # a row sees the token before its target, the first one the start token
        read = inputs["decoder_input_ids"].flatten()[rows]
        start = load_base(tiny_models[name], torch.float32).config.decoder_start_token_id
        expected = [token for example in examples for token in (start, *example.target[:-1])]
        assert read.tolist() == expected
        assert inputs["attention_mask"].sum() == sum(len(example.source) for example in examples)
    else:  # the row before each target; the end mark itself is never read
        flat, ends = inputs["input_ids"].flatten(), targets == end
        assert torch.equal(flat[rows + 1][~ends], targets[~ends])


@architectures
def test_summary_loss_equals_hugging_face_without_padding(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    adapted, base = adapted_model(tiny_models[name])
    examples = examples_of(encoders[name])
    expected = sum((reference(base, example) for example in examples), torch.tensor(0.0))
    expected.backward()
    expected_gradient = gradients(adapted)
    loss, count = SummaryLoss(base, pad_id=0)(examples)
    loss.backward()
    assert count == sum(len(example.target) for example in examples)
    assert relative_error(loss, expected) < 1e-5
    assert relative_error(gradients(adapted), expected_gradient) < 1e-5


@architectures
def test_summary_loss_in_bf16_is_near_float32(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    rounded, rounded_base = adapted_model(tiny_models[name], torch.bfloat16)
    exact, exact_base = adapted_model(tiny_models[name])
    weights = {name: parameter.detach().float() for name, parameter in rounded.state_dict().items()}
    exact.load_state_dict(weights)
    examples = examples_of(encoders[name])
    losses = [SummaryLoss(base, pad_id=0)(examples)[0] for base in (rounded_base, exact_base)]
    for loss in losses:
        loss.backward()
    assert relative_error(*losses) < 1e-2
    assert relative_error(gradients(rounded), gradients(exact)) < 3e-2


@architectures
def test_the_gradient_does_not_depend_on_micro_batches(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    adapted, base = adapted_model(tiny_models[name])
    examples, loss_fn = examples_of(encoders[name]), SummaryLoss(base, pad_id=0)
    loss, gradient = mean_gradient(adapted, loss_fn, examples, ALL_AT_ONCE)
    for max_tokens in (ONE_AT_A_TIME, 200):
        other_loss, other = mean_gradient(adapted, loss_fn, examples, max_tokens)
        assert other_loss == pytest.approx(loss, rel=1e-5)
        assert relative_error(other, gradient) < 1e-5
    assert mean_loss(loss_fn, examples, ONE_AT_A_TIME) == pytest.approx(loss, rel=1e-5)
    assert mean_loss(loss_fn, examples, ALL_AT_ONCE) == pytest.approx(loss, rel=1e-5)


@architectures
def test_padding_never_leaks(tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str) -> None:
    _, base = adapted_model(tiny_models[name])
    short = encoders[name].encode("Ana: Hi", "Hi.")
    long = encoders[name].encode(tiny.conversation(3)["dialogue"] * 2, tiny.conversation(3)["summary"])
    alone = [SummaryLoss(base, pad_id=0)([example])[0] for example in (short, long)]
    for pad_id in (0, 77):
        together, _ = SummaryLoss(base, pad_id)([short, long])
        assert relative_error(together, alone[0] + alone[1]) < 1e-5


@architectures
def test_ordinary_calls_return_all_logits(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    base = load_base(tiny_models[name], torch.float32)
    examples = examples_of(encoders[name], 2)
    inputs = {"input_ids": torch.tensor([examples[0].source])}
    if base.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.tensor([examples[0].target])
    with torch.no_grad():
        before = base(**inputs).logits
        loss_fn = SummaryLoss(base, pad_id=0)
        assert torch.equal(base(**inputs).logits, before)
        loss_fn(examples)
        assert torch.equal(base(**inputs).logits, before)
        with pytest.raises(IndexError):  # also after a call that failed
            loss_fn([Encoded((10**6,), (10**6,))])
        assert torch.equal(base(**inputs).logits, before)


@architectures
def test_logits_are_computed_for_summary_tokens_only(
    tiny_models: dict[str, Path], encoders: dict[str, Encoder], name: str
) -> None:
    base = load_base(tiny_models[name], torch.float32)
    examples, seen = examples_of(encoders[name]), []
    loss_fn = SummaryLoss(base, pad_id=0)
    base.get_output_embeddings().register_forward_hook(lambda _module, _args, out: seen.append(out.shape[:-1].numel()))
    loss_fn(examples)
    assert seen == [sum(len(example.target) for example in examples)]
