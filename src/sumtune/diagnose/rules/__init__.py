"""Rules by what they look at. A rule is a function, named like the code of its finding, that gives it or None."""
