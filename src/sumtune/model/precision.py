"""Choice of device and number format for the machine at hand."""

import sys
import time
from dataclasses import dataclass
from functools import cache

import torch

from sumtune.errors import ConfigError

__all__ = [
    "CPU",
    "Precision",
    "assume_bf16_speedup",
    "available_device",
    "bf16_speedup",
    "choose_device",
    "choose_precision",
]

CPU = torch.device("cpu")
BF16_MIN_SPEEDUP = 1.2
"""bf16 must be this many times as fast as fp32 to be worth its lower precision."""


@dataclass(frozen=True)
class Precision:
    """Number format of frozen weights and activations, and the reason for it (shown to users)."""

    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        """`bf16` or `fp32`."""
        return "bf16" if self.dtype == torch.bfloat16 else "fp32"


def choose_device(wanted: str) -> torch.device:
    """Return the device `wanted`; for `auto`, the first available of CUDA, MPS and CPU.

    Raises:
        ConfigError: `wanted` is not available on this machine or in this build of torch.
    """
    if wanted == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if _is_available(name)))
    if not _is_available(wanted):
        raise ConfigError(
            f"model.device is {wanted}, but torch {torch.__version__} finds no such device on this machine: "
            "use --set model.device=auto, or install a build of torch that supports it."
        )
    return torch.device(wanted)


def available_device(trained_on: str) -> torch.device:
    """Return the device for an adapter: `trained_on` if available, otherwise the best one here, with a note."""
    if _is_available(trained_on):
        return torch.device(trained_on)
    device = choose_device("auto")
    if trained_on != "auto":
        _note_once(f"Note: the adapter was trained on {trained_on}, which this machine does not have; using {device}.")
    return device


@cache
def _note_once(text: str) -> None:
    print(text, file=sys.stderr)


def _is_available(name: str) -> bool:
    """Return True if torch can compute on the device `name`."""
    return (
        name == "cpu"
        or (name == "cuda" and torch.cuda.is_available())
        or (name == "mps" and torch.backends.mps.is_available())
    )


def choose_precision(wanted: str, device: torch.device) -> Precision:
    """Return the number format `wanted` (`bf16`, `fp32` or `auto`).

    `auto` is bf16 on an NVIDIA GPU that has instructions for it. Elsewhere, a matrix product is timed, and bf16 is
    chosen if it is at least `BF16_MIN_SPEEDUP` times as fast as fp32 on `device`.
    """
    if wanted != "auto":
        return Precision(torch.bfloat16 if wanted == "bf16" else torch.float32, "as set")
    if device.type == "cuda":
        return _gpu_precision()
    speedup = bf16_speedup(device)
    measured = f"measured {speedup:.1f}x the speed of fp32 on this {device.type}"
    if speedup >= BF16_MIN_SPEEDUP:
        return Precision(torch.bfloat16, f"bf16 {measured}")
    return Precision(torch.float32, f"bf16 {measured}, not worth it")


def _gpu_precision() -> Precision:
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return Precision(torch.bfloat16, "this GPU computes in bf16")
    return Precision(torch.float32, "this GPU cannot compute in bf16")


def bf16_speedup(device: torch.device) -> float:
    """Return the speed of bf16 relative to fp32.

    It is measured only once per process, because it varies with load and an adapter must always give the same engine.
    """
    if device.type not in _speedups:
        assume_bf16_speedup(_product_seconds(torch.float32, device) / _product_seconds(torch.bfloat16, device), device)
    return _speedups[device.type]


_speedups: dict[str, float] = {}


def assume_bf16_speedup(speedup: float, device: torch.device = CPU) -> None:
    """Let this process assume what another process has measured, so that both choose the same number format."""
    _speedups[device.type] = speedup


def _product_seconds(dtype: torch.dtype, device: torch.device, repeats: int = 8) -> float:
    """Return the time in seconds of the fastest of `repeats` products (512, 1024) x (1024, 2048)."""
    left = torch.ones(512, 1024, dtype=dtype, device=device)
    right = torch.ones(2048, 1024, dtype=dtype, device=device)
    fastest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.nn.functional.linear(left, right).sum().item()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest
