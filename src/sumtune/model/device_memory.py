"""Memory and timing of the computing device: the memory of a CUDA GPU; on other devices, that of this process."""

import torch

from sumtune import memory

__all__ = ["available_bytes", "device_name", "peak_bytes", "reset_peak", "synchronize", "total_bytes"]


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
    """Return the memory of the GPU, used or not; elsewhere what this process can still use."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return memory.available_bytes()


def available_bytes(device: torch.device) -> int:
    """Return how many more bytes this process can use; torch's own cache of freed memory counts."""
    if device.type != "cuda":
        return memory.available_bytes()
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + cached


def peak_bytes(device: torch.device) -> int:
    """Return the highest memory use of this process since `reset_peak`."""
    return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else memory.peak_bytes()


def reset_peak(device: torch.device) -> None:
    """Reset `peak_bytes`."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        memory.reset_peak()
