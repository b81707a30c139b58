"""How good the summaries are, beside the base model and what two lines of code achieve."""
