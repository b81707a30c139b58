"""Device and number format, chosen by looking at this machine."""

import time
from dataclasses import dataclass
from functools import cache

import torch

__all__ = ["Precision", "choose_device", "choose_precision"]

BF16_MIN_SPEEDUP = 1.2
"""bf16 has to be this much faster than fp32 to be worth its lower precision."""


@dataclass(frozen=True)
class Precision:
    """The number format of the frozen weights and activations, and why it was chosen."""

    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        """`bf16` or `fp32`."""
        return "bf16" if self.dtype == torch.bfloat16 else "fp32"


def choose_device(wanted: str) -> torch.device:
    """`wanted`, or for `auto` the first there is of CUDA, Apple's GPU, CPU."""
    if wanted != "auto":
        return torch.device(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def choose_precision(wanted: str, device: torch.device) -> Precision:
    """`wanted`, or for `auto` bf16 where a matrix product on `device` shows it faster than fp32."""
    if wanted != "auto":
        return Precision(torch.bfloat16 if wanted == "bf16" else torch.float32, "as set")
    speedup = _bf16_speedup(device)
    measured = f"measured {speedup:.1f}x the speed of fp32 on this {device.type}"
    if speedup >= BF16_MIN_SPEEDUP:
        return Precision(torch.bfloat16, f"bf16 {measured}")
    return Precision(torch.float32, f"bf16 {measured}, not worth it")


@cache
def _bf16_speedup(device: torch.device) -> float:
    """Measured once a process: beside other work it varies, and the same adapter must give the same engine."""
    return _product_seconds(torch.float32, device) / _product_seconds(torch.bfloat16, device)


def _product_seconds(dtype: torch.dtype, device: torch.device, repeats: int = 8) -> float:
    """Seconds of the fastest of `repeats` products (512, 1024) x (1024, 2048)."""
    left = torch.ones(512, 1024, dtype=dtype, device=device)
    right = torch.ones(2048, 1024, dtype=dtype, device=device)
    fastest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.nn.functional.linear(left, right).sum().item()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest
