"""Scores of the tuned model, the base model and simple baselines on the same examples."""
