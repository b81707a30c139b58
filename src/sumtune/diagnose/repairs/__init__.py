"""Reversible transformations that undo damage to outputs, and the search for those that bring ROUGE back."""
