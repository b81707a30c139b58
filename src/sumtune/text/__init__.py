"""From examples to token ids to micro-batches."""
