"""A function in C is called with what it takes, or not at all; run under sanitizers, too (`make sanitize`)."""

import ctypes
import os
import re
from importlib.resources import files
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sumtune.kernels import compiler
from sumtune.kernels.build import Kernels
from sumtune.kernels.compiler import SOURCES
from sumtune.kernels.signatures import COLUMNS, FLOATS, RULES, SIGNATURES, TABLE

T = torch.bfloat16, torch.float32
ROWS, N, OUTPUTS, HEADS, SHARE, DIM, BATCH, TIME, RANK = 3, 8, 70, 4, 2, 6, 2, 5, 2
PADDED = 2 * COLUMNS
SANITIZED = any("sanitize" in flag for flag in compiler.FLAGS)


def numbers(dtype: torch.dtype, *size: int) -> Tensor:
    values = torch.randn(size, generator=torch.Generator().manual_seed(0))
    return values.to(dtype) if dtype.is_floating_point else (10 * values).to(dtype)


def valid(name: str, dtype: torch.dtype) -> list[Any]:
    """Arguments that function `name` takes."""

    def t(*size: int) -> Tensor:
        return numbers(dtype, *size)

    def f(*size: int) -> Tensor:
        return numbers(torch.float32, *size)

    def b(*size: int) -> Tensor:
        return numbers(torch.bfloat16, *size)

    def c(*size: int) -> Tensor:
        return numbers(torch.int8, *size)

    heads, turned, tables = t(BATCH, TIME, HEADS, DIM), t(BATCH, HEADS // SHARE, TIME, SHARE, DIM), t(TIME, DIM)
    sizes, rstd = [BATCH, TIME, HEADS, SHARE, DIM], f(BATCH, TIME, HEADS)
    sums, scales = numbers(torch.int32, OUTPUTS), f(OUTPUTS)
    return {
        "rms_norm": [t(ROWS, N), f(N), t(ROWS, N), f(ROWS), ROWS, N, 1e-6],
        "rms_norm_backward": [t(ROWS, N), t(ROWS, N), f(N), f(ROWS), t(ROWS, N), ROWS, N],
        "gated": [t(N), t(N), t(N), N, 1.0, 0.0],
        "gated_backward": [t(N), t(N), t(N), t(N), t(N), N, 1.0, 0.0],
        "rotate_heads": [heads, f(DIM), tables, tables, turned, rstd, *sizes, 1e-6, 1.0],
        "rotate_heads_backward": [turned, heads, f(DIM), tables, tables, rstd, t(BATCH, TIME, HEADS, DIM), *sizes, 1.0],
        "causal_softmax": [t(2, 4, 3), 8, 4, 3, 2, 1, 2],
        "masked_softmax": [t(2, 3, 2, 4), t(3, 2, 4), torch.tensor([3, 0]), 2, 3, 2, 4, 2, 1, 0.5],
        "softmax_backward": [t(ROWS, N), t(ROWS, N), ROWS, N],
        "cross_entropy": [t(ROWS, N), torch.tensor([0, N - 1, 3]), f(ROWS), ROWS, N, 1],
        "columns_above": [t(ROWS, N), torch.empty(N, dtype=torch.uint8), ROWS, N, 0.5],
        "quantize_rows": [t(ROWS, N), torch.empty(ROWS, N, dtype=torch.uint8), f(ROWS), ROWS, N, 128],
        "scale_products": [t(ROWS, N), numbers(torch.int32, ROWS, N), f(ROWS), f(N), ROWS, N],
        "int8_product": [
            t(ROWS, OUTPUTS), numbers(torch.uint8, ROWS, N), f(ROWS), c(PADDED, N), sums, scales, ROWS, N, OUTPUTS,
        ],
        "pack_int8": [c(OUTPUTS, N), c(PADDED, N), sums, OUTPUTS, N],
        "pack_frozen": [t(OUTPUTS, N), t(PADDED, N), OUTPUTS, N, N, 1],
        "frozen_product": [
            t(ROWS, OUTPUTS), t(ROWS, N), t(PADDED, N), t(ROWS, RANK), t(PADDED, RANK), ROWS, N, OUTPUTS, RANK,
        ],
    }[name]  # fmt: skip


CALLS = [(name, dtype) for name, signature in SIGNATURES.items() for dtype in (T if signature.is_typed else T[:1])]
one_variant = pytest.mark.one_variant
calls = pytest.mark.parametrize(("name", "dtype"), CALLS, ids=[f"{name} {dtype}"[:-1] for name, dtype in CALLS])


def has_function(kernels: Kernels, name: str, dtype: torch.dtype) -> bool:
    """Return whether the variant has the product of bytes, or of bfloat16, if that is the function."""
    if name == "frozen_product":
        return kernels.has_frozen_product(dtype)
    return name != "int8_product" or kernels.has_int8_product


def test_what_a_function_takes_is_what_it_is_given(kernels: Kernels) -> None:
    for name, dtype in CALLS:
        if has_function(kernels, name, dtype):
            kernels(name, *valid(name, dtype))


def hostile_tensors(tensor: Tensor) -> list[Any]:
    """What is not `tensor`: too short, too long, not dense, of another type, elsewhere, no tensor at all."""
    flat = tensor.flatten()
    other = torch.float64 if tensor.dtype in T else torch.int16
    return [flat[1:], torch.cat([flat, flat[:1]]), flat.repeat_interleave(2)[::2], tensor.to(other), tensor.half(),
            torch.empty(tensor.shape, dtype=tensor.dtype, device="meta"), flat.tolist(), 0]  # fmt: skip


@one_variant
@calls
def test_every_hostile_array_is_refused(kernels: Kernels, name: str, dtype: torch.dtype) -> None:
    given = valid(name, dtype)
    for place, argument in enumerate(given):
        if isinstance(argument, Tensor):
            for hostile in hostile_tensors(argument):
                with pytest.raises(ValueError, match=f"Kernel {name} with .* expected "):
                    kernels(name, *given[:place], hostile, *given[place + 1 :])


@one_variant
def test_arrays_of_both_types_are_refused(kernels: Kernels) -> None:
    for name, dtype in CALLS:
        first, *others = valid(name, dtype)
        if TABLE[name].count(" T ") > 1:
            with pytest.raises(ValueError, match=f"Kernel {name} with .* expected "):
                kernels(name, first.to(T[dtype == T[0]]), *others)


@one_variant
@calls
def test_every_hostile_number_is_refused(kernels: Kernels, name: str, dtype: torch.dtype) -> None:
    given, names = valid(name, dtype), SIGNATURES[name].parameters
    sized = set(re.findall(r"\w+", " ".join(part.split()[2] for part in TABLE[name].split(", ") if " " in part)))
    for place, number in enumerate(names):
        if isinstance(given[place], Tensor) or number in FLOATS:
            continue
        hostile = [-1, -(2**63), *([given[place] + 1, 2**40] if number in sized else [])]
        for value in hostile:
            with pytest.raises(ValueError, match=f"Kernel {name} with "):
                kernels(name, *given[:place], value, *given[place + 1 :])


@one_variant
def test_too_few_and_too_many_arguments_are_refused(kernels: Kernels) -> None:
    for name, dtype in CALLS:
        given = valid(name, dtype)
        for wrong in (given[:-1], [*given, 1]):
            with pytest.raises(ValueError, match=f"{name}.*expected {len(given)}"):
                kernels(name, *wrong)


@one_variant
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("rotate_heads", {"share": 3}), ("rotate_heads", {"share": 0}), ("rotate_heads_backward", {"share": 0}),
        ("rotate_heads_backward", {"share": 3}), ("causal_softmax", {"first": 2}), ("causal_softmax", {"share": 0}),
        ("causal_softmax", {"share": 1}), ("causal_softmax", {"window": 0}), ("causal_softmax", {"block_rows": 0}),
        ("masked_softmax", {"first": 3}),
        ("quantize_rows", {"shift": 7}), ("pack_frozen", {"input_step": 2}), ("pack_frozen", {"output_step": 2**40}),
    ],
)  # fmt: skip
def test_numbers_that_lead_out_of_an_array_are_refused(kernels: Kernels, name: str, changed: dict[str, int]) -> None:
    named = dict(zip(SIGNATURES[name].parameters, valid(name, torch.float32), strict=True))
    with pytest.raises(ValueError, match="expected "):
        kernels(name, *(named | changed).values())


@one_variant
@pytest.mark.parametrize(("name", "dim"), [("rotate_heads", 7), ("rotate_heads", 514), ("rotate_heads_backward", 514)])
def test_heads_that_no_kernel_has_room_for_are_refused(kernels: Kernels, name: str, dim: int) -> None:
    x, tables, rstd = torch.ones(dim), torch.ones(dim), torch.ones(1)
    given = [x, None, tables, tables, x, rstd, 1, 1, 1, 1, dim, 1e-6, 1.0]
    back = [x, x, None, tables, tables, rstd, x, 1, 1, 1, 1, dim, 1.0]
    with pytest.raises(ValueError, match="dim"):
        kernels(name, *(given if name == "rotate_heads" else back))


@one_variant
@pytest.mark.parametrize("target", [-1, N, 2**40, -(2**63)])
@pytest.mark.parametrize("dtype", T)
def test_a_target_that_has_no_row_is_refused(kernels: Kernels, dtype: torch.dtype, target: int) -> None:
    logits, *rest = valid("cross_entropy", dtype)
    before = logits.clone()
    with pytest.raises(ValueError, match="`targets` from 0 to n - 1"):
        kernels("cross_entropy", logits, torch.tensor([0, target, 1]), *rest[1:])
    assert torch.equal(logits, before)


def test_nothing_is_no_error(kernels: Kernels) -> None:
    """Arrays without elements, as the last part of a batch may be."""
    for name, dtype in CALLS:
        if has_function(kernels, name, dtype):
            kernels(name, *nothing(name, dtype))


def nothing(name: str, dtype: torch.dtype) -> list[Any]:
    """Arguments of function `name` with no element in any array."""
    empty = [argument.flatten()[:0] if isinstance(argument, Tensor) else argument for argument in valid(name, dtype)]
    sized = dict(zip(SIGNATURES[name].parameters, empty, strict=True))
    zeros = dict.fromkeys({"rows", "count", "batch", "outputs", "n", "rank", "dim", "time"} & sized.keys(), 0)
    if name == "causal_softmax":
        zeros = {"rows": 0}
    if name == "masked_softmax":
        zeros |= {"heads": 0}
    if name == "pack_frozen":
        zeros["output_step"] = 0
    return list((sized | zeros).values())


def test_a_matrix_without_inputs_is_packed_to_nothing(kernels: Kernels) -> None:
    nothing = torch.empty(0, dtype=torch.bfloat16)
    kernels("pack_frozen", nothing, nothing, OUTPUTS, 0, 0, 1)


@st.composite
def drawn_numbers(draw: st.DrawFn, name: str) -> dict[str, float]:
    """Numbers that function `name` takes, among them sizes of zero and ends of blocks."""
    small, long = st.integers(0, 5), st.integers(0, 50).map(lambda size: 4 * size)
    share, columns = draw(st.integers(1, 3)), draw(st.integers(1, 140))
    first = draw(st.integers(0, columns - 1))
    drawn = {
        "rows": draw(small | st.integers(90, 100)), "n": draw(long), "outputs": draw(long), "rank": 2 * draw(small),
        "count": draw(long) + draw(small), "batch": draw(small), "time": draw(small), "share": share,
        "heads": share * draw(small), "dim": 2 * draw(small), "columns": columns, "first": first,
        "block_rows": draw(st.integers(1, (columns - first) * share)), "window": draw(st.integers(1, 150)),
        "queries": draw(st.integers(0, columns - first)), "causal": draw(st.integers(0, 1)),
        "gradient": draw(st.integers(0, 1)), "shift": draw(st.sampled_from([0, 128])),
    }  # fmt: skip
    if "n % " not in RULES.get(name, ""):
        drawn["n"] += draw(small)
    if name == "cross_entropy" and not drawn["n"]:
        drawn["rows"] = 0
    drawn |= {"output_step": drawn["n"], "input_step": 1}
    return {number: drawn.get(number, 0.5) for number in SIGNATURES[name].parameters}


@calls
@settings(max_examples=30 if SANITIZED else 3, deadline=None)
@given(data=st.data())
def test_no_function_leaves_its_arrays(kernels: Kernels, name: str, dtype: torch.dtype, data: st.DataObject) -> None:
    """Fails under AddressSanitizer where the table says too little; else only where a function crashes.

    So it draws most examples under sanitizers.
    """
    if not has_function(kernels, name, dtype):
        pytest.skip("the variant has no such product")
    named = data.draw(drawn_numbers(name))
    known = {"padded": lambda outputs: -(-outputs // COLUMNS) * COLUMNS, **named}
    arguments: list[Any] = []
    for part in TABLE[name].split(", "):
        if " " not in part:
            arguments.append(named[part])
            continue
        kind, size = part.split()[1].rstrip("?"), eval(part.split()[2], known)
        if "<" in kind:
            arguments.append(torch.randint(max(1, named[kind.partition("<")[2]]), (size,)))
        else:
            arguments.append(numbers({"T": dtype, **DTYPES}[kind], size))
    kernels(name, *arguments)


@pytest.mark.skipif(not SANITIZED, reason="`make sanitize` runs it")
def test_the_sanitizers_are_awake(kernels: Kernels) -> None:
    """They end a process that writes one element past the end of an array."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        arrays = [tensor.data_ptr() for tensor in (torch.zeros(4), torch.zeros(4), torch.zeros(4))]
        one, five = ctypes.c_float(1), ctypes.c_int64(5)
        kernels._library[f"gated_f32_{kernels.variant}"](*map(ctypes.c_void_p, arrays), five, one, one)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


DTYPES = {"f32": torch.float32, "i64": torch.int64, "i32": torch.int32, "i8": torch.int8, "u8": torch.uint8,
          "i8|u8": torch.uint8, "bf16": torch.bfloat16}  # fmt: skip
C_TYPES = {
    "i64": "int64_t", "i32": "int32_t", "f32": "float", "i8": "int8_t", "u8": "uint8_t", "bf16": "bf16", "T": "T",
    "i8|u8": "uint8_t",
}  # fmt: skip


def test_the_table_says_what_the_source_says() -> None:
    source = "".join(files("sumtune.kernels").joinpath(name).read_text() for name in SOURCES)
    found = {}
    for kernel, rest in re.findall(r"^KERNEL\((\w+),([^{]*)\) \{", source, re.MULTILINE):
        parts = re.findall(r"\((?:const )?([^(),]+),\s+(\w+)\)", rest)
        found[kernel] = [(name, kind) for kind, name in parts]
    expected = {}
    for name, text in TABLE.items():
        parts = [part.split() for part in text.split(", ")]
        kinds = [part[1].partition("<")[0].rstrip("?") if len(part) == 3 else "" for part in parts]
        expected[name] = [
            (part[0], f"{C_TYPES[kind]} *" if kind else "float" if part[0] in FLOATS else "int64_t")
            for part, kind in zip(parts, kinds, strict=True)
        ]
    assert found == expected
