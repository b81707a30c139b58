"""The work of each command, called by `sumtune.cli`."""
