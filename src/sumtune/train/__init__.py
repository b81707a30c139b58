"""Training: the loop, the loss, the optimizer step, checkpoints and the event log."""
