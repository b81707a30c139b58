"""Products of 8-bit integers are exact, by our kernel and by torch."""

import pytest
import torch

from sumtune.kernels.build import Kernels
from sumtune.kernels.int8 import Int8Matrix, quantize_rows


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("rows", "n", "m"), [(1, 4, 1), (2, 64, 63), (5, 640, 65), (7, 20, 130), (400, 32, 64), (3, 7, 9)]
)
def test_a_product_is_that_of_the_rounded_factors(
    kernels: Kernels, rows: int, n: int, m: int, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(rows)
    weight, x = torch.randn(m, n, generator=generator), torch.randn(rows, n, generator=generator).to(dtype)
    (w, w_scales), (v, v_scales) = quantize_rows(kernels, weight), quantize_rows(kernels, x)
    expected = (v.double() @ w.double().T) * v_scales[:, None].double() * w_scales.double()
    assert (w.double() * w_scales[:, None] - weight).abs().max() <= w_scales.max() / 2 * 1.001
    by_us = Int8Matrix.quantized(kernels, weight).product(x, torch.float32)
    torch.testing.assert_close(by_us.double(), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(Int8Matrix.quantized(kernels, weight).product(x, dtype), by_us.to(dtype))


def test_both_products_are_the_same(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernels.has_int8_product:
        pytest.skip("this processor has no product of bytes")
    weight, x = torch.randn(70, 64), torch.randn(30, 64)
    ours = Int8Matrix.quantized(kernels, weight).product(x, torch.float32)
    monkeypatch.setattr(kernels, "has_int8_product", False)
    by_torch = Int8Matrix.quantized(kernels, weight).product(x, torch.float32)
    torch.testing.assert_close(by_torch, ours, rtol=1e-6, atol=0)  # compilers scale the same sums in either order


def test_a_row_does_not_depend_on_the_rows_beside_it(kernels: Kernels) -> None:
    matrix, x = Int8Matrix.quantized(kernels, torch.randn(100, 64)), torch.randn(50, 64)
    together = matrix.product(x, torch.float32)
    for at in (0, 17, 49):
        assert torch.equal(matrix.product(x[at : at + 1].contiguous(), torch.float32)[0], together[at])


def test_the_largest_bytes_do_not_overflow(kernels: Kernels) -> None:
    """All products of two neighbours have the same sign; 16 bits have no room for their sum."""
    n = 1024
    weight, x = torch.ones(66, n), torch.ones(7, n)
    weight[1::2], x[1::2] = -1, -1
    out = Int8Matrix.quantized(kernels, weight).product(x, torch.float32)
    torch.testing.assert_close(out, x @ weight.T, rtol=1e-6, atol=0)


def test_a_row_of_zeros_gives_zeros(kernels: Kernels) -> None:
    assert not Int8Matrix.quantized(kernels, torch.randn(5, 8)).product(torch.zeros(2, 8), torch.float32).any()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [0, 70])
def test_what_is_not_finite_stays_so(kernels: Kernels, bad: float, place: int) -> None:
    x = torch.randn(3, 72)
    x[1, place] = bad
    out = Int8Matrix.quantized(kernels, torch.randn(5, 72)).product(x, torch.float32)
    assert not out[1].isfinite().any()
    assert out[[0, 2]].isfinite().all()


def test_a_tiny_row_does_not_overflow(kernels: Kernels) -> None:
    x = torch.full((1, 8), 1e-44)
    rows, scales = quantize_rows(kernels, x)
    assert ((rows * scales[:, None]) - x).abs().max() < 1e-43
