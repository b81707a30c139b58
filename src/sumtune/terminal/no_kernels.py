"""What it costs to compute without the C kernels; tests compare it with docs/performance.md."""

__all__ = ["COST"]

COST = "Without them, training and generation are slower; beam search took 20 times as long (docs/performance.md)."
