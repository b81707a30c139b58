"""Scores of tuned model, base model and simple baselines on the same examples."""
