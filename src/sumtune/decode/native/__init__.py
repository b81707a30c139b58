"""Our own decoder for decoder-only models on the CPU."""
