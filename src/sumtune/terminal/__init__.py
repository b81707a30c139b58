"""Output in a terminal or a log."""
