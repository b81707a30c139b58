"""What to do about each finding: a sentence, and the commands that do it. Each function is named after its rule."""
