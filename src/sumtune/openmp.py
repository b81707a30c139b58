"""How long OpenMP's threads wait actively for work, which nobody else can then use their core for."""

import os

__all__ = ["limit_spinning"]

POLICY = "OMP_WAIT_POLICY"
LIMITS = {"GOMP_SPINCOUNT": "2000", "KMP_BLOCKTIME": "1"}
"""Rounds of libgomp's waiting loop (about 0.1 ms), and milliseconds of LLVM's and Intel's libomp.

By default they wait for 300,000 rounds or 200 ms, longer than from one product to the next. If another program needs a
core, threads then compute in a quarter of their time and wait in the rest; see docs/performance.md.
"""


def limit_spinning() -> None:
    """Let threads sleep if there is no work for about 0.1 ms; call this before torch is imported."""
    if POLICY not in os.environ:
        for name, limit in LIMITS.items():
            os.environ.setdefault(name, limit)
