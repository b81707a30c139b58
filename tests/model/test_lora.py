import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sumtune.errors import ConfigError, ModelError
from sumtune.model.load import load_base
from sumtune.model.lora import (
    FeatureDropout,
    add_lora,
    load_adapter,
    merge,
    save_adapter,
    set_dropout,
    target_modules,
    trainable,
)
from sumtune.model.merge import load_merged, save_model

architectures = pytest.mark.parametrize("name", ["gemma", "llama", "gpt2", "t5", "bart"])
DORA, RSLORA = {"dora": True}, {"rslora": True}
OF_VARIANTS = [("t5", RSLORA), ("llama", DORA), ("gpt2", DORA), ("bart", DORA)]
"""Variants differ in the scale and the norm of the product; GPT-2 stores its matrices transposed."""
combinations = pytest.mark.parametrize(
    ("name", "variant"), [*((name, {}) for name in ("gemma", "llama", "gpt2", "t5", "bart")), *OF_VARIANTS]
)
IDS = torch.tensor([[5, 77, 130, 9, 260, 31, 18], [40, 41, 42, 300, 301, 7, 6]])


def logits(model: Any) -> Tensor:
    inputs = {"input_ids": IDS} | ({"decoder_input_ids": IDS[:, :4]} if model.config.is_encoder_decoder else {})
    with torch.no_grad():
        return model(**inputs, use_cache=False).logits


def relative_error(found: Tensor, expected: Tensor) -> float:
    return ((found - expected).norm() / expected.norm()).item()


def adapt(folder: Path, *, dropout: float = 0.0, seed: int = 0, rank: int = 4, **variant: bool) -> Any:
    base = load_base(folder, torch.float32)
    targets = target_modules(base, None)
    adapted, _ = add_lora(
        base, base_name=str(folder), rank=rank, alpha=8.0, dropout=dropout, targets=targets, seed=seed, **variant
    )
    set_dropout(adapted, on=False)
    return adapted


def perturb(adapted: Any) -> dict[str, Tensor]:
    """Set all trainable weights to random values, as after training; return them by name."""
    noise = torch.Generator().manual_seed(1)
    for parameter in trainable(adapted).values():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=noise)
    return {name: parameter.detach().clone() for name, parameter in trainable(adapted).items()}


@combinations
def test_a_fresh_adapter_changes_nothing(tiny_models: dict[str, Path], name: str, variant: dict[str, bool]) -> None:
    base = logits(load_base(tiny_models[name], torch.float32))
    assert relative_error(logits(adapt(tiny_models[name], **variant)), base) < 1e-6


@combinations
def test_merged_equals_unmerged(tiny_models: dict[str, Path], name: str, variant: dict[str, bool]) -> None:
    adapted = adapt(tiny_models[name], **variant)
    base = logits(adapted)
    perturb(adapted)
    unmerged = logits(adapted)
    assert (unmerged - base).abs().max() > 1e-2, "the adapter must do something"
    assert relative_error(logits(merge(adapted, torch.float32)), unmerged) < 1e-5


@combinations
def test_plain_peft_loads_what_is_saved(
    tiny_models: dict[str, Path], tmp_path: Path, name: str, variant: dict[str, bool]
) -> None:
    adapted = adapt(tiny_models[name], dropout=0.1, **variant)
    from peft import PeftModel  # sumtune has imported PEFT, in its own way

    save_adapter(adapted, perturb(adapted), tmp_path)
    ours = logits(adapted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        plain = PeftModel.from_pretrained(load_base(tiny_models[name], torch.float32), tmp_path)
    assert torch.equal(logits(plain), ours)
    assert torch.equal(logits(load_adapter(load_base(tiny_models[name], torch.float32), tmp_path)), ours)


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_a_merged_folder_is_a_plain_model(tiny_models: dict[str, Path], tmp_path: Path, name: str) -> None:
    adapted = adapt(tiny_models[name])
    save_adapter(adapted, perturb(adapted), tmp_path / "adapter")
    merged = load_merged(tiny_models[name], tmp_path / "adapter", torch.float32)
    save_model(merged, tiny_models[name], tmp_path / "merged")
    again = load_base(tmp_path / "merged", torch.float32)
    assert relative_error(logits(again), logits(adapted)) < 1e-5
    assert str(tiny_models[name]) not in (tmp_path / "merged" / "config.json").read_text()


def test_the_seed_alone_decides_a_fresh_adapter(tiny_models: dict[str, Path]) -> None:
    def weights(seed: int) -> Tensor:
        return torch.cat([p.flatten() for p in trainable(adapt(tiny_models["llama"], seed=seed)).values()])

    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first = weights(0)
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator is left alone"
    torch.manual_seed(6)
    assert torch.equal(weights(0), first)
    assert not torch.equal(weights(1), first)


@architectures
def test_only_the_adapter_learns(tiny_models: dict[str, Path], name: str) -> None:
    learned = trainable(adapt(tiny_models[name]))
    assert learned
    assert all("lora_" in key for key in learned)


def test_an_unknown_target_lists_the_layers_there_are(tiny_models: dict[str, Path]) -> None:
    base = load_base(tiny_models["llama"], torch.float32)
    with pytest.raises(ConfigError, match=r"'query'.*down_proj.*q_proj.*v_proj"):
        target_modules(base, ("q_proj", "query"))
    assert target_modules(base, ("o_proj",)) == ["o_proj"]
    assert target_modules(base, ("all-linear",)) == "all-linear"


@pytest.mark.parametrize("wanted", ["rank", "model", "none", "cut", "garbage"])
def test_an_adapter_that_does_not_fit_is_an_error_for_the_user(
    tiny_models: dict[str, Path], tmp_path: Path, wanted: str
) -> None:
    adapted = adapt(tiny_models["llama"])
    save_adapter(adapted, perturb(adapted), tmp_path)
    weights, base = tmp_path / "adapter_model.safetensors", "llama"
    if wanted == "rank":
        other = adapt(tiny_models["llama"], rank=8)
        save_adapter(other, perturb(other), tmp_path / "other")
        shutil.copy(tmp_path / "other" / weights.name, weights)
    elif wanted == "model":
        base = "gpt2"
    elif wanted == "none":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:-100] if wanted == "cut" else b"pickle" * 50)
    with pytest.raises(ModelError, match="adapter"):
        load_adapter(load_base(tiny_models[base], torch.float32), tmp_path)


def test_feature_dropout_is_off_in_evaluation() -> None:
    generator = torch.Generator().manual_seed(0)
    dropout = FeatureDropout(0.5, generator).eval()
    before, x = generator.get_state(), torch.randn(2, 3, 8)
    assert dropout(x) is x
    assert torch.equal(generator.get_state(), before)


def test_feature_dropout_drops_the_same_features_for_all_tokens() -> None:
    dropout = FeatureDropout(0.5, torch.Generator().manual_seed(0))
    out = dropout(torch.ones(3, 5, 64))
    assert (out == out[0, 0]).all()
    assert set(out.unique().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("p", [0.05, 0.3])
def test_feature_dropout_keeps_the_expected_value(p: float) -> None:
    dropout = FeatureDropout(p, torch.Generator().manual_seed(0))
    out = dropout(torch.ones(1, 200_000))
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert (out == 0).float().mean().item() == pytest.approx(p, abs=0.01)


def test_feature_dropout_is_a_function_of_its_generator() -> None:
    generator = torch.Generator().manual_seed(3)
    dropout, x = FeatureDropout(0.5, generator), torch.ones(1, 64, dtype=torch.bfloat16)
    state = generator.get_state()
    first, second = dropout(x), dropout(x)
    torch.manual_seed(9)
    generator.set_state(state)
    assert torch.equal(dropout(x), first)
    assert torch.equal(dropout(x), second)
    assert not torch.equal(first, second)
    assert first.dtype == x.dtype


@combinations
def test_dropout_is_of_the_adapter_alone(tiny_models: dict[str, Path], name: str, variant: dict[str, bool]) -> None:
    adapted = adapt(tiny_models[name], dropout=0.5, **variant)
    if not variant.get("dora"):  # B is zero: nothing to drop yet
        base = logits(adapted)
        set_dropout(adapted, on=True)
        assert torch.equal(logits(adapted), base), "T5, BART and GPT-2 have dropout, which must stay off"
    perturb(adapted)
    before = torch.random.get_rng_state()
    set_dropout(adapted, on=True)
    assert not torch.equal(logits(adapted), logits(adapted))
    set_dropout(adapted, on=False)
    assert torch.equal(logits(adapted), logits(adapted))
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator is not used"
