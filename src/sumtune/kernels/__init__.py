"""C kernels for training and generation on a CPU, compiled on the machine that uses them. They are optional."""
