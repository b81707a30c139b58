from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from sumtune.kernels import attention as kernel_attention
from sumtune.kernels import masked_attention
from sumtune.kernels.attention import BLOCK, SHAPES, Heads, attend, before_backward
from sumtune.kernels.build import Kernels
from sumtune.kernels.cross_entropy import LOGIT_ROWS, summed_cross_entropy
from sumtune.kernels.masked_attention import Masked, attend_masked
from sumtune.kernels.ops import Gate, gated, rms_norm

LANES, KEPT = 64, 16384
"""Sizes in kernels.c."""
DTYPES = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])


def random(*shape: int, dtype: torch.dtype, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def assert_same(ours: Callable[..., Tensor], reference: Callable[..., Tensor], *inputs: Tensor, within: float) -> None:
    """Output and input gradients of `ours` equal those of `reference` computed in float32."""
    mine = [x.clone().requires_grad_() for x in inputs]
    exact = [x.float().requires_grad_() for x in inputs]
    out, expected = ours(*mine), reference(*exact)
    weights = random(*expected.shape, dtype=torch.float32, seed=9)
    (out.float() * weights).sum().backward()
    (expected * weights).sum().backward()
    for got, wanted in [(out, expected), *((m.grad, e.grad) for m, e in zip(mine, exact, strict=True))]:
        assert got is not None
        assert wanted is not None
        assert ((got.float() - wanted).norm() / wanted.norm()).item() < within


@DTYPES
@pytest.mark.parametrize("features", [1, 64, 70])
def test_rms_norm_is_its_formula(kernels: Kernels, dtype: torch.dtype, tolerance: float, features: int) -> None:
    weight = random(features, dtype=torch.float32, seed=1)
    x = random(2, 5, features, dtype=dtype)
    eps = 1e-2
    assert_same(
        lambda x: rms_norm(kernels, x, weight, eps),
        lambda x: x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * weight,
        x, within=tolerance,
    )  # fmt: skip


@DTYPES
@pytest.mark.parametrize("kind", ["silu", "gelu"])
def test_gated_equals_torch_activations(kernels: Kernels, dtype: torch.dtype, tolerance: float, kind: str) -> None:
    linear, cubic = (1.0, 0.0) if kind == "silu" else (1.5957691216, 0.0713548163)
    activation = functional.silu if kind == "silu" else lambda x: functional.gelu(x, approximate="tanh")
    gate, up = 3 * random(2, 5, 70, dtype=dtype), random(2, 5, 70, dtype=dtype, seed=1)
    assert_same(
        lambda g, u: gated(Gate(kernels, linear, cubic), g, u),
        lambda g, u: activation(g) * u,
        gate, up, within=tolerance,
    )  # fmt: skip


@pytest.mark.parametrize("value", [-1e6, -200.0, 0.0, 200.0])
def test_gated_does_not_overflow(kernels: Kernels, value: float) -> None:
    out = gated(Gate(kernels, 1.0, 0.0), torch.tensor([[value]]), torch.tensor([[1.0]]))
    assert out.item() == pytest.approx(functional.silu(torch.tensor(value)).item(), abs=1e-30)


def rotated(x: Tensor, norm: Tensor | None, eps: float, cosine: Tensor, sine: Tensor) -> Tensor:
    """(batch, time, heads, dim) → (batch, heads, time, dim)."""
    if norm is not None:
        x = x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * norm
    low, high = x.chunk(2, -1)
    turned = x * cosine[:, None] + torch.cat([-high, low], -1) * sine[:, None]
    return turned.transpose(1, 2)


def plain_attention(heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    batch, time, _ = q.shape
    queries = rotated(q.view(batch, time, -1, heads.dim), heads.query_norm, heads.eps, cosine, sine)
    keys = rotated(k.view(batch, time, -1, heads.dim), heads.key_norm, heads.eps, cosine, sine)
    values = v.view(batch, time, -1, heads.dim).transpose(1, 2)
    shared = heads.queries // heads.keys
    ago = torch.arange(time)[:, None] - torch.arange(time)
    out = functional.scaled_dot_product_attention(
        queries, keys.repeat_interleave(shared, 1), values.repeat_interleave(shared, 1),
        attn_mask=(ago >= 0) & (ago < heads.window), scale=heads.scale,
    )  # fmt: skip
    return out.transpose(1, 2).reshape(batch, time, -1)


@DTYPES
@pytest.mark.parametrize(("queries", "keys"), [(4, 1), (4, 2), (2, 2)])
@pytest.mark.parametrize(("normed", "window", "time"), [(True, 100, 11), (False, 3, 11), (True, 60, 2 * BLOCK + 9)])
def test_attention_equals_torch(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, queries: int, keys: int, normed: bool, window: int,
    time: int,
) -> None:  # fmt: skip
    dim, batch = 16, 3
    norms = [1 + random(dim, dtype=torch.float32, seed=s) / 4 if normed else None for s in (5, 6)]
    heads = Heads(queries, keys, dim, dim**-0.5, window, *norms, eps=1e-6)
    angles = torch.outer(torch.arange(time), torch.rand(dim // 2)).repeat(1, 2)
    cosine, sine = angles.cos().to(dtype), angles.sin().to(dtype)
    q, k, v = (random(batch, time, n * dim, dtype=dtype, seed=n) for n in (queries, keys, keys))
    assert_same(
        lambda q, k, v: attend(kernels, heads, q, k, v, cosine, sine),
        lambda q, k, v: plain_attention(heads, q, k, v, cosine.float(), sine.float()),
        q, k, v, within=tolerance,
    )  # fmt: skip


@DTYPES
@pytest.mark.parametrize("time", [1, BLOCK, 3 * BLOCK + 7])
@pytest.mark.parametrize("window", [5, 2**31])
def test_probabilities_that_are_computed_again_give_the_same_bits(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, window: int, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = Heads(4, 2, 16, 0.25, window, 1 + random(16, dtype=torch.float32) / 4, None, eps=1e-6)
    angles = torch.outer(torch.arange(time), torch.rand(8)).repeat(1, 2)
    cosine, sine = angles.cos().to(dtype), angles.sin().to(dtype)
    inputs = [random(2, time, n * 16, dtype=dtype, seed=n) for n in (4, 2, 2)]
    kept, again = [], []
    for limit, results in ((10**9, kept), (0, again)):
        monkeypatch.setattr(kernel_attention, "MAX_REUSED_PROBABILITIES", limit)
        given = [x.clone().requires_grad_() for x in inputs]
        with before_backward():
            out = attend(kernels, heads, *given, cosine, sine)
        saved = sum(tensor.numel() for tensor in out.grad_fn.saved_tensors)
        results += [saved, out, *torch.autograd.grad(out.float().pow(2).sum(), given)]
    assert kept[0] >= again[0] + heads.probabilities(2, time)
    assert all(torch.equal(first, second) for first, second in zip(kept[1:], again[1:], strict=True))


@given(st.integers(1, 5 * BLOCK), st.integers(1, 3 * BLOCK) | st.just(2**31))
def test_blocks_hold_each_position_once_and_all_that_it_sees(time: int, window: int) -> None:
    blocks = list(Heads(1, 1, 2, 1.0, window).blocks(time))
    assert [at for block in blocks for at in range(block.start, block.stop)] == list(range(time))
    for block in blocks:
        assert block.seen.start <= max(0, block.start + 1 - window)
        assert block.stop <= block.seen.stop <= time
        assert block.seen.stop - block.seen.start <= 2 * BLOCK + window


@pytest.mark.parametrize("time", [1000, 8192, 8292, 16384, 30000])
def test_products_of_a_long_layer_have_few_shapes_and_hardly_more_columns_than_needed(time: int) -> None:
    windowed, global_ = (list(Heads(1, 1, 2, 1.0, window).blocks(time)) for window in (512, 2**31))
    assert len({block.last - block.first for block in windowed}) <= 512 // BLOCK + 2
    assert len({block.last - block.first for block in global_}) <= SHAPES
    assert sum(block.last for block in global_) <= 1.2 * sum(block.stop for block in global_)


@DTYPES
@pytest.mark.parametrize("columns", [3, LANES + 1, KEPT + 2 * LANES + 3])
@pytest.mark.parametrize("window", [2, LANES + 5, 2**31])
def test_softmax_of_long_rows_equals_torch(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, columns: int, window: int
) -> None:
    scores = 3 * random(4, columns, dtype=dtype)
    hidden = torch.ones(4, columns, dtype=torch.bool)
    for row in range(4):  # two rows for each position, from the last but two on
        last = columns - 3 + row // 2
        hidden[row, max(0, last + 1 - window) : last + 1] = False
    expected = scores.double().masked_fill(hidden, -torch.inf).softmax(-1).float()
    kernels("causal_softmax", scores, 4, 4, columns, 2, columns - 3, window)
    rounding = columns**0.5 * 2**-22  # a sum is rounded once for each column, up or down
    torch.testing.assert_close(scores.float(), expected, rtol=max(tolerance, rounding), atol=1e-6)


def plain_masked(form: Masked, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, lengths: list[int]) -> Tensor:
    heads = [x.view(*x.shape[:2], form.heads, -1).transpose(1, 2) for x in (q, k, v)]
    queries, keys = q.shape[1], k.shape[1]
    scores = form.scale * heads[0] @ heads[1].transpose(2, 3) + (0 if bias is None else bias)
    hidden = torch.arange(keys) >= torch.tensor(lengths)[:, None, None, None]
    if form.is_causal:
        hidden = hidden | torch.ones(queries, keys).triu(1).bool()
    return (scores.masked_fill(hidden, -torch.inf).softmax(-1) @ heads[2]).transpose(1, 2).flatten(2)


@DTYPES
@pytest.mark.parametrize(
    ("queries", "keys", "is_causal", "biased", "lengths"),
    [(5, 9, False, True, [9, 4, 1]), (7, 7, True, True, [7, 7, 7]), (300, 300, True, False, [300, 2, 299]),
     (3, 280, False, False, [280, 1, 70]), (1, 2, False, False, [2, 2, 2])],
)  # fmt: skip
@pytest.mark.parametrize("limit", [10**9, 0])
def test_masked_attention_is_its_formula(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, queries: int, keys: int, is_causal: bool, biased: bool,
    lengths: list[int], limit: int, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(masked_attention, "keeps_probabilities", lambda count: count <= limit)
    monkeypatch.setattr(masked_attention, "MAX_BLOCK", 1)
    form = Masked(4, 0.3, is_causal)
    q, k, v = (random(3, count, 32, dtype=dtype, seed=at) for at, count in enumerate((queries, keys, keys)))
    bias = random(4, queries, keys, dtype=dtype, seed=5) if biased else None
    assert_same(
        lambda q, k, v: attend_masked(kernels, form, q, k, v, bias, lengths),
        lambda q, k, v: plain_masked(form, q, k, v, None if bias is None else bias.float(), lengths),
        q, k, v, within=tolerance,
    )  # fmt: skip


@DTYPES
@pytest.mark.parametrize("biased", [True, False])
def test_masked_softmax_of_long_rows_equals_torch(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, biased: bool
) -> None:
    columns = KEPT + 2 * LANES + 3
    scores, last = 3 * random(2, 1, 1, columns, dtype=dtype), torch.tensor([columns - 1, KEPT + 7])
    bias = random(1, 1, columns, dtype=dtype, seed=1) if biased else None
    hidden = torch.arange(columns) > last[:, None, None, None]
    expected = scores.double() * 0.5 + (0 if bias is None else bias.double())
    kernels("masked_softmax", scores, bias, last, 2, 1, 1, columns, 0, 0, 0.5)
    expected = expected.masked_fill(hidden, -torch.inf).softmax(-1).float()
    torch.testing.assert_close(scores.float(), expected, rtol=max(tolerance, columns**0.5 * 2**-22), atol=1e-6)


@DTYPES
@pytest.mark.parametrize("rows", [1, LOGIT_ROWS + 5])
def test_output_layer_and_cross_entropy_equal_torch(
    kernels: Kernels, dtype: torch.dtype, tolerance: float, rows: int
) -> None:
    hidden, weight = random(rows, 24, dtype=dtype), random(331, 24, dtype=dtype, seed=1)
    targets = torch.randint(331, (rows,), generator=torch.Generator().manual_seed(2))
    assert_same(
        lambda h: summed_cross_entropy(kernels, h, weight, targets)[None],
        lambda h: functional.cross_entropy(h @ weight.float().t(), targets, reduction="sum")[None],
        hidden, within=tolerance,
    )  # fmt: skip


@pytest.mark.parametrize("spread", [0.01, 0.3, 1.0])
def test_improbable_tokens_do_not_matter_to_the_gradient(kernels: Kernels, spread: float) -> None:
    hidden, weight = random(20, 24, dtype=torch.bfloat16), spread * random(60_000, 24, dtype=torch.bfloat16, seed=1)
    targets = torch.randint(len(weight), (20,), generator=torch.Generator().manual_seed(2))
    assert_same(
        lambda h: summed_cross_entropy(kernels, h, weight, targets)[None],
        lambda h: functional.cross_entropy(h @ weight.float().t(), targets, reduction="sum")[None],
        hidden, within=1e-2,
    )  # fmt: skip


def test_cross_entropy_of_what_is_not_finite_is_not_finite(kernels: Kernels) -> None:
    weight, targets = torch.eye(3), torch.tensor([0])
    for bad in (float("nan"), float("inf")):
        assert not summed_cross_entropy(kernels, torch.tensor([[bad, 0.0, 0.0]]), weight, targets).isfinite()
