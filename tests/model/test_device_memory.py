"""Memory is that of the device that computes. No test machine has a GPU, so torch's answers are fakes here."""

from types import SimpleNamespace

import pytest
import torch

from sumtune import memory
from sumtune.errors import ConfigError
from sumtune.model import device_memory
from sumtune.model.precision import choose_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A GPU of 80 bytes, 30 free, with 20 of 50 reserved bytes in use; returns the list of calls that change it."""
    calls: list[str] = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (30, 80))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _device: 50)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _device: 20)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _device: 45)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _device: SimpleNamespace(total_memory=80))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: "Fake 80")
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _device: calls.append("reset"))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _device: calls.append("synchronize"))
    return calls


def test_a_gpu_counts_its_own_memory_and_what_torch_can_reuse(gpu: list[str]) -> None:
    assert device_memory.available_bytes(GPU) == 30 + 50 - 20
    assert (device_memory.total_bytes(GPU), device_memory.peak_bytes(GPU)) == (80, 45)
    assert device_memory.device_name(GPU) == "Fake 80"
    device_memory.reset_peak(GPU)
    device_memory.synchronize(GPU)
    assert gpu == ["reset", "synchronize"]


def test_a_process_plans_with_its_share_of_a_gpu(gpu: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(device_memory.GPU_SHARE, "0.5")
    assert device_memory.total_bytes(GPU) == 40
    assert device_memory.available_bytes(GPU) == 40 - 20
    for wrong in ("0", "1.5", "half", "nan"):
        monkeypatch.setenv(device_memory.GPU_SHARE, wrong)
        with pytest.raises(ConfigError, match=device_memory.GPU_SHARE):
            device_memory.total_bytes(GPU)


def test_a_cpu_counts_the_memory_of_the_process(gpu: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 7)
    monkeypatch.setattr(memory, "peak_bytes", lambda: 8)
    assert (device_memory.available_bytes(CPU), device_memory.total_bytes(CPU), device_memory.peak_bytes(CPU)) == (
        7,
        7,
        8,
    )
    assert device_memory.device_name(CPU) == "cpu"
    device_memory.reset_peak(CPU)
    device_memory.synchronize(CPU)
    assert gpu == []


@pytest.mark.parametrize(("native", "name"), [(True, "bf16"), (False, "fp32")])
def test_a_gpu_computes_in_bf16_if_it_has_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, native: bool, name: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *, including_emulation: native or including_emulation)
    assert choose_precision("auto", GPU).name == name
