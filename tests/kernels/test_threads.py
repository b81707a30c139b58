"""Kernels compute in torch's threads, each part once, and the number of threads does not change a bit of the result."""

import ctypes
import sys
import threading
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from sumtune.kernels import threads
from sumtune.kernels.build import Kernels
from sumtune.kernels.threads import use_torch_threads

ROWS, N = 301, 640
RUN = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
RUN_GOMP = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def library(kernels: Kernels) -> Iterator[ctypes.CDLL]:
    """The library, in which the test may set other threads."""
    yield kernels._library
    use_torch_threads(kernels._library)


def results(kernels: Kernels, dtype: torch.dtype) -> list[Tensor]:
    """Return what kernels compute whose parts are rows, elements and tiles."""
    generator = torch.Generator().manual_seed(0)
    x, grad = (torch.randn(ROWS, N, generator=generator).to(dtype) for _ in range(2))
    weight, rstd = torch.rand(N, generator=generator), torch.empty(ROWS)
    normed, gated, product = torch.empty_like(x), torch.empty_like(x), x.new_zeros(ROWS, N)
    kernels("rms_norm", x, weight, normed, rstd, ROWS, N, 1e-6)
    kernels("gated", x, grad, gated, ROWS * N, 1.0, 0.5)
    if kernels.has_frozen_product(dtype):
        matrix, packed = torch.randn(N, N, generator=generator).to(dtype), x.new_empty(N, N)
        kernels("pack_frozen", matrix, packed, N, N, N, 1)
        kernels("frozen_product", product, x, packed, None, None, ROWS, N, N, 0)
    return [normed, rstd, gated, product]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.usefixtures("two_threads")
def test_two_threads_compute_what_one_computes(kernels: Kernels, dtype: torch.dtype) -> None:
    by_two = results(kernels, dtype)
    torch.set_num_threads(1)
    assert all(map(torch.equal, by_two, results(kernels, dtype)))


@pytest.mark.skipif(sys.platform != "linux", reason="callbacks have no variable arguments elsewhere")
@pytest.mark.parametrize("kind", ["gomp", "kmpc", "none"])
def test_every_kind_of_team_computes_all_parts(kernels: Kernels, library: ctypes.CDLL, kind: str) -> None:
    expected, calls = results(kernels, torch.float32), []

    def in_two_threads(run: int, data: int) -> None:
        calls.append(run)
        work = (lambda: RUN(run)(None, None, data)) if kind == "kmpc" else (lambda: RUN_GOMP(run)(data))
        team = [threading.Thread(target=work) for _ in range(2)]
        for member in team:
            member.start()
        for member in team:
            member.join()

    gomp = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)(
        lambda run, data, _threads, _flags: in_two_threads(run, data)
    )
    kmpc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)(
        lambda _place, _count, run, data: in_two_threads(run, data)
    )
    library.use_threads(gomp if kind == "gomp" else None, kmpc if kind == "kmpc" else None)
    assert all(map(torch.equal, expected, results(kernels, torch.float32)))
    assert bool(calls) == (kind != "none")


@pytest.mark.usefixtures("two_threads")
def test_torch_has_threads_for_the_kernels(kernels: Kernels, library: ctypes.CDLL) -> None:
    """Otherwise kernels would silently compute in one thread."""
    if not torch.backends.openmp.is_available():
        pytest.skip("this torch has no OpenMP")
    openmp = ctypes.CDLL(None)
    assert hasattr(openmp, "GOMP_parallel") or hasattr(openmp, "__kmpc_fork_call")


def test_without_openmp_the_calling_thread_computes(
    kernels: Kernels, library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = results(kernels, torch.float32)
    monkeypatch.setattr(threads, "WINDOWS_LIBRARY", "no such library")
    monkeypatch.setattr(sys, "platform", "win32")
    use_torch_threads(library)
    assert all(map(torch.equal, expected, results(kernels, torch.float32)))
