"""Memory and timing of the computing device: the memory of a CUDA GPU; on other devices, that of this process."""

import os

import torch

from sumtune import memory
from sumtune.errors import ConfigError

__all__ = ["GPU_SHARE", "available_bytes", "device_name", "peak_bytes", "reset_peak", "synchronize", "total_bytes"]

GPU_SHARE = "SUMTUNE_GPU_SHARE"
"""Environment variable: the share of the GPU's memory that this process plans with, for example 0.5 for two runs."""


def device_name(device: torch.device) -> str:
    """Return the name of the GPU, or the type of any other device."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else device.type


def synchronize(device: torch.device) -> None:
    """Wait until `device` has computed everything; a clock read earlier would show only the launch of the work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def total_bytes(device: torch.device) -> int:
    """Return the total memory of the GPU, whether in use or free, times `$SUMTUNE_GPU_SHARE` if that is set.

    For other devices, return what this process can still use.

    Raises:
        ConfigError: `$SUMTUNE_GPU_SHARE` is not a number above 0 and up to 1.
    """
    if device.type == "cuda":
        return int(_gpu_share() * torch.cuda.get_device_properties(device).total_memory)
    return memory.available_bytes()


def available_bytes(device: torch.device) -> int:
    """Return how many more bytes this process can use, including the freed memory that torch keeps in its own cache."""
    if device.type != "cuda":
        return memory.available_bytes()
    used = torch.cuda.memory_allocated(device)
    cached = torch.cuda.memory_reserved(device) - used
    return max(0, min(int(torch.cuda.mem_get_info(device)[0]) + cached, total_bytes(device) - used))


def _gpu_share() -> float:
    text = os.environ.get(GPU_SHARE) or "1"
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ConfigError(f"{GPU_SHARE} is {text!r}, but must be a number above 0 and up to 1.")
    return share


def peak_bytes(device: torch.device) -> int:
    """Return the highest memory use of this process since `reset_peak`."""
    return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else memory.peak_bytes()


def reset_peak(device: torch.device) -> None:
    """Reset `peak_bytes`."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        memory.reset_peak()
