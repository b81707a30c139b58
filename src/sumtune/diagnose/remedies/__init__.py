"""The remedy of each finding: a sentence and the commands for it. Each function has the name of its rule."""
