"""A plugin of pytest: the tests of the kernels run on aarch64 under qemu, on processors with and without features."""

import shutil
import struct
import subprocess
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sumtune.kernels.build import Kernels
from sumtune.kernels.compiler import LIBRARY, compile_kernels
from sumtune.kernels.signatures import ELEMENT_TYPES, FLOATS, Argument, Signature
from sumtune.kernels.variants import VARIANTS

COMPILER, EMULATOR, ROOT = "aarch64-linux-gnu-gcc", "qemu-aarch64", "/usr/aarch64-linux-gnu"
PROCESSORS = {"max": ["i8mm", "dotprod", "neon"], "neoverse-n1": ["dotprod", "neon"], "cortex-a72": ["neon"]}
"""Processors of qemu, with the variants that they can run."""
ENDED = ExitStack()
"""Undoes what the tests leave behind."""
CASES = [(processor, variant) for processor, variants in PROCESSORS.items() for variant in variants]


def pytest_configure() -> None:
    for program in (COMPILER, EMULATOR):
        if shutil.which(program) is None:
            pytest.exit(f"{program} is missing: apt install qemu-user gcc-aarch64-linux-gnu", 1)


def pytest_sessionfinish() -> None:
    """Ends the emulators."""
    ENDED.close()


class Emulated(Kernels):
    """The kernels of a variant on an emulated processor."""

    def __init__(self, processor: str, variant: str) -> None:
        self._process = emulator(processor)
        super().__init__(Library(self._process), variant)

    def _run(self, signature: Signature, element: Any, arguments: tuple[Argument, ...]) -> None:
        ending = f"_{ELEMENT_TYPES[element]}" if signature.is_typed else ""
        named = dict(zip(signature.parameters, arguments, strict=True))
        floats = [named.pop(name) for name in signature.parameters if name in FLOATS]
        call(self._process, f"{signature.name}{ending}_{self.variant}", list(named.values()), floats)


class Library:
    """Functions without arguments, as a `ctypes` library has them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __getitem__(self, name: str) -> Any:
        return lambda: call(self._process, name, [], [])


@cache
def folder() -> Path:
    """Return a folder with the library and the program that calls it."""
    made = Path(ENDED.enter_context(tempfile.TemporaryDirectory()))
    compile_kernels([COMPILER], VARIANTS["aarch64"], made)
    program = Path(__file__).with_suffix(".c")
    subprocess.run([COMPILER, "-O1", str(program), "-o", str(made / "program"), "-ldl"], check=True)
    return made


@cache
def emulator(processor: str) -> subprocess.Popen[bytes]:
    """Start the program on a processor."""
    command = [EMULATOR, "-L", ROOT, "-cpu", processor, str(folder() / "program"), str(folder() / LIBRARY)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ENDED.callback(process.communicate)
    runs = [name for name in VARIANTS["aarch64"] if call(process, f"runs_{name}", [], [])]
    assert runs == PROCESSORS[processor], "processor.c finds the features of the processor"
    return process


def call(process: subprocess.Popen[bytes], name: str, integers: list[Any], floats: list[Any]) -> int:
    """Call a function with arrays and integers, then floats; write its results into the arrays, and return its own."""
    assert process.stdin is not None
    assert process.stdout is not None
    request = [name.encode().ljust(64, b"\0"), struct.pack("qq", len(integers), len(floats))]
    arrays = [argument.flatten().view(torch.uint8) for argument in integers if is_array(argument)]
    for argument in integers:
        if is_array(argument):
            content = argument.flatten().view(torch.uint8).numpy().tobytes()
            request += [struct.pack("q", len(content)), content]
        else:
            request.append(struct.pack("qq", -1, argument if isinstance(argument, int) else 0))
    process.stdin.write(b"".join([*request, struct.pack(f"{len(floats)}f", *floats)]))
    process.stdin.flush()
    (result,) = struct.unpack("q", process.stdout.read(8))
    for array in arrays:
        # Through numpy, because autograd refuses tensors that torch has changed.
        array.numpy()[:] = np.frombuffer(process.stdout.read(array.numel()), dtype=np.uint8)
    return int(result)


def is_array(argument: Any) -> bool:
    """Return whether `argument` is an array; an empty one is passed as a null pointer."""
    return isinstance(argument, Tensor) and argument.numel() > 0
