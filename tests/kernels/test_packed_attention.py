from itertools import accumulate, pairwise

import pytest
import torch
from torch import Tensor

from sumtune.kernels import attention as kernel_attention
from sumtune.kernels.attention import BLOCK, Heads, attend
from sumtune.kernels.build import Kernels
from sumtune.kernels.packed_attention import Packing, attend_packed

SMALL = Packing(((5, (3, 0, 1)), (2, (4,))))
LARGE = Packing(((2 * BLOCK + 9, (BLOCK + 3, 7)), (3, (2, 2))))
DIM = 16


def heads_with(window: int) -> Heads:
    norm = 1 + torch.randn(DIM, generator=torch.Generator().manual_seed(5)) / 4
    return Heads(4, 2, DIM, DIM**-0.5, window, norm, None, eps=1e-6)


def tables(positions: list[int], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    angles = torch.outer(torch.tensor(positions), torch.linspace(0.1, 1.0, DIM // 2)).repeat(1, 2)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def sequences_of(packing: Packing) -> list[tuple[list[int], int]]:
    """The places of the tokens of each sequence in the packed row, and how many of them are the source."""
    found, start = [], 0
    for source, targets in packing.examples:
        ends = list(accumulate(targets, initial=start + source))
        head = list(range(start, start + source))
        found += [(head, 0), *((head + list(range(a, b)), source) for a, b in pairwise(ends))]
        start = ends[-1]
    return found


def one_by_one(kernels: Kernels, heads: Heads, packing: Packing, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention of each source, and of each source with one target, put together in the packed order."""
    parts = []
    for places, source in sequences_of(packing):
        cosine, sine = tables(list(range(len(places))), q.dtype)
        alone = attend(kernels, heads, *(x[:, places] for x in (q, k, v)), cosine, sine)
        parts.append(alone[:, source:])
    return torch.cat(parts, 1)


@pytest.mark.parametrize("packing", [SMALL, LARGE])
@pytest.mark.parametrize("window", [3, BLOCK, 2**31])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("limit", [0, 10**9], ids=["recomputed", "kept"])
def test_packed_attention_equals_that_of_each_sequence(
    kernels: Kernels, packing: Packing, window: int, dtype: torch.dtype, tolerance: float, limit: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    heads, positions = heads_with(window), packing.position_ids()
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(1, len(positions), n * DIM, generator=generator).to(dtype) for n in (4, 2, 2)]
    weights = torch.randn(1, len(positions), 4 * DIM, generator=generator)
    expected = gradients_of(lambda *x: one_by_one(kernels, heads, packing, *x), inputs, weights)
    token = kernel_attention._limit.set(limit)
    try:
        found = gradients_of(
            lambda *x: attend_packed(kernels, heads, packing, *x, *tables(positions, dtype)), inputs, weights
        )
    finally:
        kernel_attention._limit.reset(token)
    for mine, wanted in zip(found, expected, strict=True):
        assert ((mine.float() - wanted.float()).norm() / wanted.float().norm()).item() < tolerance


def gradients_of(compute, inputs, weights):
    given = [x.clone().requires_grad_() for x in inputs]
    out = compute(*given)
    return [out.detach(), *torch.autograd.grad((out.float() * weights).sum(), given)]


def test_the_probabilities_of_a_packing_are_those_that_are_kept(kernels: Kernels) -> None:
    heads, positions = heads_with(2**31), LARGE.position_ids()
    q, k, v = (torch.randn(1, len(positions), n * DIM, requires_grad=True) for n in (4, 2, 2))
    out = attend_packed(kernels, heads, LARGE, q, k, v, *tables(positions, torch.float32))
    kept = out.grad_fn.saved_tensors[9:]
    assert sum(tensor.numel() for tensor in kept) == LARGE.probabilities(heads) > 0
