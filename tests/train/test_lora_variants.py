"""QLoRA and LoRA+: the adapter of 4-bit weights also works on the original ones; B learns faster than A."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sumtune.errors import ConfigError
from sumtune.model import quantization
from sumtune.model.load import load_base
from sumtune.model.lora import load_adapter
from sumtune.train import session as training
from sumtune.train.event_log import read_events
from sumtune.train.session import Session

Make = Callable[..., Session]


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["gemma", pytest.param("t5", marks=pytest.mark.e2e)])
def test_an_adapter_trained_on_4_bit_weights_lowers_the_loss_of_the_original_model(
    make_session: Make, name: str
) -> None:
    session = make_session(name, "run", {"model.quantize": "nf4", "train.epochs": 2})
    kinds = {type(module).__name__ for module in session.adapted.modules()}
    assert "Linear4bit" in kinds
    assert session.base_parameters == make_session(name, "plain").base_parameters, "packed weights count in full"
    training.run(session, lambda _: None)
    losses = [event["loss"] for event in read_events(session.run_dir.train_metrics) if event["event"] == "validation"]
    assert losses[-1] < losses[0] - 0.03
    base = load_base(Path(session.config.model.name), torch.float32)
    load_adapter(base, session.run_dir.adapter)  # puts the adapter into `base`
    original = training.mean_loss(type(session.loss_fn)(base, session.loss_fn.pad_id), session.validation, 512)
    assert losses[0] - original > 0.5 * (losses[0] - losses[-1]), "most of what was learned holds without the rounding"


def test_without_bitsandbytes_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantization, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"needs bitsandbytes: run `pip install 'sumtune\[quantize\]'`"):
        quantization.quantization(torch.float32, "cpu")


@pytest.mark.parametrize("name", ["llama", "bart"])
def test_lora_plus_multiplies_the_learning_rate_of_b_alone(make_session: Make, name: str) -> None:
    def moved(ratio: float) -> dict[str, torch.Tensor]:
        changed: dict[str, Any] = {"lora.plus_ratio": ratio, "train.epochs": 1, "train.warmup_steps": 0}
        session = make_session(name, f"run-{ratio}", changed)
        before = {key: weight.clone() for key, weight in session.master_weights.weights.items()}

        def stop(event: dict[str, Any]) -> None:
            if (event["event"], event["step"]) == ("step", 1):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            training.run(session, stop)
        return {key: weight - before[key] for key, weight in session.master_weights.weights.items()}

    plain, plus = moved(1.0), moved(8.0)
    for key, change in plain.items():
        torch.testing.assert_close(plus[key], change * (8 if ".lora_B." in key else 1), rtol=1e-4, atol=1e-7)
    assert any(change.abs().max() > 0 for key, change in plain.items() if ".lora_B." in key)
