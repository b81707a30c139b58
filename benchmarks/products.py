"""Measures the matrix products of each variant of the kernels that this processor can run, beside torch's.

Run: python benchmarks/products.py [--rows 1 20 64 512] [--inputs 640] [--outputs 2048]

Each variant runs in a process of its own with one thread; torch is limited to the same instructions. Prints billions of
multiplications and additions per second of processor time, the fastest of 20 runs, and whether 8-bit sums are exact.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from functools import partial

TORCH_LIMITS = {"avx512": "AVX512_CORE_VNNI", "avxvnni": "AVX2_VNNI", "avx2": "AVX2"}
"""The instructions that torch's libraries may use beside a variant; all, if it is not here."""
REPEATS = 20


def main() -> None:
    """Measure one variant with `--only`, otherwise all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 20, 64, 512])
    parser.add_argument("--inputs", type=int, default=640)
    parser.add_argument("--outputs", type=int, default=2048)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.rows, given.inputs, given.outputs)))
        return
    print(f"{'':<30}" + "".join(f"{rows:>10} rows" for rows in given.rows))
    for variant in variants():
        for name, speeds in in_a_process(variant).items():
            print(f"{variant + ' ' + name:<30}" + "".join(f"{speed:>15}" for speed in speeds))


def variants() -> list[str]:
    """Return the variants that this processor can run."""
    from sumtune.files.cache_dir import cache_dir
    from sumtune.kernels.build import load_kernels
    from sumtune.kernels.variants import runnable_variants

    kernels = load_kernels(cache_dir() / "kernels")
    assert kernels is not None, "there are no kernels: see `sumtune doctor`"
    return runnable_variants(kernels._library)


def in_a_process(variant: str) -> dict[str, list[str]]:
    """Return the result of `measure` in a process that only uses the instructions of `variant`."""
    environment = os.environ | {"SUMTUNE_CPU": variant, "OMP_NUM_THREADS": "1"}
    if variant in TORCH_LIMITS:
        environment["ONEDNN_MAX_CPU_ISA"] = TORCH_LIMITS[variant]
    if variant.startswith("avx") and not variant.startswith("avx512"):
        environment |= {"MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    command = [sys.executable, *sys.argv, "--only", variant]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(row_counts: list[int], n: int, m: int) -> dict[str, list[str]]:
    """Return the speeds of each product, by its name, for each number of rows."""
    import torch

    from sumtune.files.cache_dir import cache_dir
    from sumtune.kernels.build import load_kernels
    from sumtune.kernels.frozen import FrozenWeight
    from sumtune.kernels.int8 import Int8Matrix

    kernels = load_kernels(cache_dir() / "kernels")
    found: dict[str, list[str]] = {}
    for rows in row_counts:
        x, weight = torch.randn(rows, n), torch.randn(m, n)
        timed = {}
        for element, name in ((torch.float32, "float32"), (torch.bfloat16, "bf16")):
            if kernels.has_frozen_product(element):
                inputs, frozen = x.to(element), weight.to(element)
                timed[name] = partial(FrozenWeight.of(frozen, kernels).times, inputs)
                timed[f"{name}, torch"] = partial(FrozenWeight.of(frozen, None).times, inputs)
        timed["8 bits"] = partial(Int8Matrix.quantized(kernels, weight).product, x, torch.bfloat16)
        a, b = (torch.randint(-127, 128, size, dtype=torch.int8) for size in ((rows, n), (m, n)))
        is_exact = torch.equal(torch._int_mm(a, b.t()).double(), a.double() @ b.double().t())
        timed["8 bits, torch" if is_exact else "8 bits, torch (wrong sums)"] = partial(torch._int_mm, a, b.t())
        for name, compute in timed.items():
            found.setdefault(name, []).append(speed(compute, rows * n * m))
    return found


def speed(compute, products: int) -> str:
    """Return billions of multiplications and additions per second of processor time."""
    fastest = float("inf")
    for _ in range(REPEATS):
        begun = time.process_time()
        compute()
        fastest = min(fastest, time.process_time() - begun)
    return f"{2e-9 * products / fastest:.0f}"


if __name__ == "__main__":
    main()
