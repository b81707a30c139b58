"""Signatures of the functions in kernels.c, checked before each call, because C would access memory past an array.

Each check is one expression, built from the table when this module is imported: generation makes some 300 of these
calls per token, so a check may take at most two microseconds.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["COLUMNS", "MAX_HEAD_DIM", "SIGNATURES", "Argument", "Signature"]

MAX_HEAD_DIM = 512
"""The largest head dimension that `rotate_heads` supports: `MAX_DIM` in kernels.c."""
COLUMNS = 64
"""Outputs per block of packed weights: `COLUMNS` in kernels_tile.h."""

Argument = Tensor | int | float | None

ELEMENT_TYPES = {torch.bfloat16: "bf16", torch.float32: "f32"}
"""Allowed element types T, with the suffix of their functions. In a call, T is the type of the first array."""
TYPES = {
    "bf16": "torch.bfloat16", "f32": "torch.float32", "i64": "torch.int64", "i32": "torch.int32", "i8": "torch.int8",
    "u8": "torch.uint8", "T": "T",
}  # fmt: skip
FLOATS = {"eps", "scale", "linear", "cubic", "least"}
"""Number arguments of C type float. All others are int64 and must not be negative."""

TABLE = {
    "rms_norm": "x T rows*n, weight f32 n, out T rows*n, rstd f32 rows, rows, n, eps",
    "rms_norm_backward":
        "grad T rows*n, x T rows*n, weight f32 n, rstd f32 rows, dx T rows*n, rows, n",
    "gated": "gate T count, up T count, out T count, count, linear, cubic",
    "gated_backward":
        "grad T count, gate T count, up T count, dgate T count, dup T count, count, linear, cubic",
    "rotate_heads":
        "x T batch*time*heads*dim, weight f32? dim, cosine T time*dim, sine T time*dim, out T batch*time*heads*dim, "
        "rstd f32 batch*time*heads, batch, time, heads, share, dim, eps, scale",
    "rotate_heads_backward":
        "grad T batch*time*heads*dim, x T batch*time*heads*dim, weight f32? dim, cosine T time*dim, sine T time*dim, "
        "rstd f32 batch*time*heads, dx T batch*time*heads*dim, batch, time, heads, share, dim, scale",
    "causal_softmax": "scores T rows*columns, rows, block_rows, columns, share, first, window",
    "masked_softmax":
        "scores T batch*heads*queries*columns, bias T? heads*queries*columns, last i64<columns batch, batch, heads, "
        "queries, columns, first, causal, scale",
    "softmax_backward": "probabilities T rows*columns, grad T rows*columns, rows, columns",
    "cross_entropy": "logits T rows*n, targets i64<n rows, losses f32 rows, rows, n, gradient",
    "columns_above": "x T rows*n, above u8 n, rows, n, least",
    "quantize_rows": "x T rows*n, quantized i8|u8 rows*n, scales f32 rows, rows, n, shift",
    "scale_products": "out T rows*n, products i32 rows*n, row_scales f32 rows, column_scales f32 n, rows, n",
    "int8_product":
        "out T rows*outputs, x u8 rows*n, row_scales f32 rows, packed i8 padded(outputs)*n, corrections i32 outputs, "
        "column_scales f32 outputs, rows, n, outputs",
    "pack_int8": "weight i8 outputs*n, packed i8 padded(outputs)*n, corrections i32 outputs, outputs, n",
    "pack_frozen": "weight T outputs*n, packed T padded(outputs)*n, outputs, n, output_step, input_step",
    "frozen_product":
        "out T rows*outputs, x T rows*n, weight T padded(outputs)*n, y T rows*rank, more T padded(outputs)*rank, "
        "rows, n, outputs, rank",
}  # fmt: skip
"""Parameters of each function: arrays as `name type elements`, then the names of the numbers. `?` marks an array that
may be None, `<n` an array of indices below n."""
RULES = {
    "rotate_heads": "share > 0 and heads % share == 0 and dim % 2 == 0 and dim <= MAX_HEAD_DIM",
    "rotate_heads_backward": "share > 0 and heads % share == 0 and dim % 2 == 0 and dim <= MAX_HEAD_DIM",
    "causal_softmax":
        "share > 0 and window > 0 and block_rows > 0 and first + (block_rows - 1) // share < columns",
    "masked_softmax": "causal == 0 or first + queries <= columns",
    "quantize_rows": "shift in (0, 128)",
    "int8_product": "n % 4 == 0",
    "pack_int8": "n % 4 == 0",
    "pack_frozen": "n % 2 == 0 and (output_step, input_step) in ((n, 1), (1, outputs))",
    "frozen_product": "n % 2 == 0 and rank % 2 == 0",
}  # fmt: skip
"""Additional conditions on the numbers."""


@dataclass(frozen=True)
class Signature:
    """Parameters of one function: arrays, then numbers."""

    name: str
    is_typed: bool
    """Whether the function has a variant for each type T."""
    parameters: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    """Conditions, each in words and as an expression over the parameters."""
    c_types: tuple[type, ...]
    fits: Callable[..., bool]
    """Returns whether all conditions hold."""
    to_c: Callable[..., tuple[Any, ...]]
    """Converts the arguments for C."""

    def function(self, library: ctypes.CDLL, element: torch.dtype, variant: str) -> Any:
        """Return the function in `library` for the element type `element` and the variant `variant`."""
        ending = f"_{ELEMENT_TYPES[element]}" if self.is_typed else ""
        function = library[f"{self.name}{ending}_{variant}"]
        function.argtypes, function.restype = self.c_types, None
        return function

    def explain(self, arguments: Sequence[Argument]) -> str:
        """Explain why the function cannot be called with `arguments`."""
        if len(arguments) != len(self.parameters):
            return f"{len(arguments)} arguments, expected {len(self.parameters)}"
        named = dict(zip(self.parameters, arguments, strict=True))
        given = {name: _shown(argument) for name, argument in named.items()}
        for words, condition in self.conditions:
            if not _holds(condition, named):
                return f"{given}: expected {words}"
        return f"{given} do not fit"


def _holds(condition: str, named: dict[str, Argument]) -> bool:
    first: Any = next(iter(named.values()))
    try:
        return bool(eval(condition, NAMES, {**named, "T": getattr(first, "dtype", None)}))
    except (AttributeError, TypeError):  # None, or not a tensor
        return False


def _shown(argument: Argument) -> str:
    return f"{argument.dtype} {tuple(argument.shape)}" if isinstance(argument, Tensor) else repr(argument)


def _padded(outputs: int) -> int:
    """Return `outputs` rounded up to a multiple of the block size."""
    return -(-outputs // COLUMNS) * COLUMNS


NAMES = {"torch": torch, "padded": _padded, "MAX_HEAD_DIM": MAX_HEAD_DIM, "ELEMENT_TYPES": ELEMENT_TYPES}
"""Names that the expressions use besides the parameters."""


def _signature(name: str, text: str, rule: str) -> Signature:
    """Return the signature that a line of the table describes."""
    parts = [part.split() for part in text.split(", ")]
    arrays, numbers = [part for part in parts if len(part) == 3], [part[0] for part in parts if len(part) == 1]
    signs = " and ".join(f"{number} >= 0" for number in numbers if number not in FLOATS)
    conditions = [("T is bfloat16 or float32", "T in ELEMENT_TYPES")] if "T" in text.split() else []
    conditions += [("no negative numbers", signs), *([(rule, rule)] if rule else [])]
    for array in arrays:
        conditions += _conditions(*array)
    parameters = [part[0] for part in parts]
    head, pointers = (
        ", ".join(parameters),
        (f"{array[0]} is not None and {array[0]}.data_ptr() or None" for array in arrays),
    )
    return Signature(
        name, "T" in text.split(), tuple(parameters), tuple(conditions),
        (*(ctypes.c_void_p for _ in arrays), *(ctypes.c_float if n in FLOATS else ctypes.c_int64 for n in numbers)),
        eval(f"lambda T, {head}: {' and '.join(f'({condition})' for _, condition in conditions)}", NAMES),
        eval(f"lambda {head}: ({', '.join([*pointers, *numbers])},)", NAMES),
    )  # fmt: skip


def _conditions(name: str, kind: str, size: str) -> Iterator[tuple[str, str]]:
    """Yield the conditions on one array, each in words and as an expression."""
    kind, _, below = kind.partition("<")
    types = [TYPES[one] for one in kind.rstrip("?").split("|")]
    is_type = " or ".join(f"{name}.dtype is {one}" for one in types)
    dense = f"({is_type}) and {name}.numel() == {size} and {name}.is_contiguous() and {name}.is_cpu"
    may_be_none = f"{name} is None" if kind.endswith("?") else f"{name} is None and {size} == 0"
    yield f"`{name}` dense, on the CPU, {' or '.join(types)}, of {size} elements", f"{may_be_none} or {dense}"
    if below:
        inside = f"0 <= int({name}.min()) and int({name}.max()) < {below}"
        yield f"`{name}` from 0 to {below} - 1", f"{name}.numel() == 0 or {inside}"


SIGNATURES = {name: _signature(name, text, RULES.get(name, "")) for name, text in TABLE.items()}
"""Signatures by function name, without the suffix for T."""
