"""Limit on how long OpenMP's threads wait for work in a loop, which keeps other programs from using their core."""

import os

__all__ = ["limit_spinning"]

POLICY = "OMP_WAIT_POLICY"
LIMITS = {"GOMP_SPINCOUNT": "2000", "KMP_BLOCKTIME": "1"}
"""Rounds of libgomp's waiting loop (about 0.1 ms), and milliseconds of LLVM's and Intel's libomp.

By default, threads wait for 300,000 rounds or 200 ms, longer than the time between two products. If another program
needs a core, they then wait most of the time instead of computing; see docs/performance.md.
"""


def limit_spinning() -> None:
    """Let threads sleep if there is no work for about 0.1 ms; call this before torch is imported."""
    if POLICY not in os.environ:
        for name, limit in LIMITS.items():
            os.environ.setdefault(name, limit)
