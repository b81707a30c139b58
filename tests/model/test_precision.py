from collections.abc import Iterator

import pytest
import torch

from sumtune.errors import ConfigError
from sumtune.model import precision
from sumtune.model.precision import available_device, choose_device, choose_precision

CPU = torch.device("cpu")
PRODUCT_SECONDS = precision._product_seconds
"""The function itself; while tests run, another one is in its place."""


@pytest.fixture(autouse=True)
def _not_measured_before() -> Iterator[None]:
    precision._speedups.clear()
    yield
    precision._speedups.clear()


def speeds(monkeypatch: pytest.MonkeyPatch, bf16_speedup: float) -> None:
    seconds = {torch.float32: 1.0, torch.bfloat16: 1 / bf16_speedup}
    monkeypatch.setattr(precision, "_product_seconds", lambda dtype, _device: seconds[dtype])


@pytest.mark.parametrize(("wanted", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_set_precision_is_used_even_if_another_is_faster(
    monkeypatch: pytest.MonkeyPatch, wanted: str, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(precision, "_product_seconds", lambda *_: pytest.fail("nothing to measure"))
    chosen = choose_precision(wanted, CPU)
    assert (chosen.dtype, chosen.name, chosen.reason) == (dtype, wanted, "as set")


@pytest.mark.parametrize(("speedup", "name"), [(4.0, "bf16"), (1.25, "bf16"), (1.1, "fp32"), (0.1, "fp32")])
def test_auto_takes_bf16_only_if_measured_faster(monkeypatch: pytest.MonkeyPatch, speedup: float, name: str) -> None:
    speeds(monkeypatch, speedup)
    chosen = choose_precision("auto", CPU)
    assert chosen.name == name
    assert f"{speedup:.1f}x" in chosen.reason


def test_one_process_chooses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    speeds(monkeypatch, 4.0)
    first = choose_precision("auto", CPU)
    speeds(monkeypatch, 0.1)  # other work has begun
    assert choose_precision("auto", CPU) == first


def test_measuring_gives_seconds() -> None:
    assert 0 < PRODUCT_SECONDS(torch.float32, CPU, repeats=1) < 10


def test_device_is_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("cpu") == CPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == CPU


@pytest.fixture
def _cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    precision._note_once.cache_clear()


@pytest.mark.usefixtures("_cpu_only")
@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_a_missing_device_is_refused_and_the_message_names_a_working_setting(wanted: str) -> None:
    with pytest.raises(ConfigError, match=f"model.device is {wanted}.*model.device=auto"):
        choose_device(wanted)


@pytest.mark.usefixtures("_cpu_only")
@pytest.mark.parametrize("trained_on", ["cuda", "mps"])
def test_an_adapter_of_a_missing_device_runs_here_with_one_note(
    capsys: pytest.CaptureFixture[str], trained_on: str
) -> None:
    assert [available_device(trained_on) for _ in range(2)] == [CPU, CPU]
    assert capsys.readouterr().err == (
        f"Note: the adapter was trained on {trained_on}, which this machine does not have; using cpu.\n"
    )


@pytest.mark.usefixtures("_cpu_only")
@pytest.mark.parametrize("trained_on", ["auto", "cpu"])
def test_an_available_device_needs_no_note(capsys: pytest.CaptureFixture[str], trained_on: str) -> None:
    assert available_device(trained_on) == CPU
    assert capsys.readouterr().err == ""


def test_what_another_process_measured_can_be_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    speeds(monkeypatch, 0.5)
    precision.assume_bf16_speedup(2.0)
    assert choose_precision("auto", CPU).dtype == torch.bfloat16
