"""Kernels in C for training on a CPU, compiled on the machine that runs them; everything works without them."""
