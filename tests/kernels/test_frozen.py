"""Products with frozen weights are those of torch, in either direction, with and without an adapter."""

import pytest
import torch
from torch import Tensor

from sumtune.kernels.build import Kernels
from sumtune.kernels.frozen import FrozenWeight

SIZES = [(1, 2, 2), (2, 64, 66), (5, 640, 64), (7, 20, 130), (400, 32, 200), (9, 7, 6), (3, 6, 7)]
"""Rows, inputs, outputs; the last two of odd size."""


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def assert_rounded(got: Tensor, expected: Tensor, dtype: torch.dtype) -> None:
    """Off by the rounding of the result, and of an intermediate one."""
    assert got.dtype == dtype
    within = 1e-5 if dtype == torch.float32 else 6e-3
    assert ((got.float() - expected).norm() / expected.norm()).item() < within


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rank", [0, 1, 4, 16])
def test_both_directions(kernels: Kernels, rank: int, dtype: torch.dtype) -> None:
    for size in SIZES:
        check_both_directions(kernels, *size, rank, dtype)


def check_both_directions(kernels: Kernels, rows: int, n: int, m: int, rank: int, dtype: torch.dtype) -> None:
    weight, x, grad = (random(*s, seed=i).to(dtype) for i, s in enumerate([(m, n), (rows, n), (rows, m)]))
    y, up, down = (random(*s, seed=3 + i).to(dtype) for i, s in enumerate([(rows, rank), (m, rank), (rank, n)]))
    for frozen in (FrozenWeight.of(weight, kernels), FrozenWeight.of(weight, None)):
        adapter = (y, up) if rank else (None, None)
        assert_rounded(frozen.times(x, *adapter), x.float() @ weight.float().T + y.float() @ up.float().T, dtype)
        adapter = (y, down) if rank else (None, None)
        assert_rounded(frozen.back(grad, *adapter), grad.float() @ weight.float() + y.float() @ down.float(), dtype)


def test_our_own_product_is_used_where_it_is_there(kernels: Kernels) -> None:
    for dtype in (torch.bfloat16, torch.float32):
        frozen = FrozenWeight.of(torch.ones(4, 4, dtype=dtype), kernels)
        assert (frozen.ours is not None) == kernels.has_frozen_product(dtype)
    assert FrozenWeight.of(torch.ones(4, 4, dtype=torch.float64), kernels).ours is None
    by_torch = Kernels(kernels._library, kernels.variant, ["f32"])
    assert FrozenWeight.of(torch.ones(4, 4), by_torch).ours is None
    assert by_torch.label == f"{kernels.label}, f32 products by torch"


def test_transposed_inputs_are_read_as_they_are_meant(kernels: Kernels) -> None:
    weight, x = random(8, 6, seed=0).bfloat16(), random(6, 5, seed=1).bfloat16().t()
    expected = x.float() @ weight.float().T
    assert_rounded(FrozenWeight.of(weight, kernels).times(x), expected, torch.bfloat16)
    assert_rounded(FrozenWeight.of(weight.t().contiguous().t(), kernels).times(x), expected, torch.bfloat16)
