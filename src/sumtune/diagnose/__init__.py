"""Why the scores are as they are: findings, each with its evidence and the command that mends it. Imports no torch."""
