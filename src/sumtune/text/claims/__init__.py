"""Compare what an English summary claims with what its dialogue says: who did what, how many, and whether or not."""
