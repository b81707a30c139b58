"""The command line, `sumtune`: a thin function for each command, its options, and its exit codes."""

from sumtune.cli.application import app
from sumtune.cli.exit_codes import main

__all__ = ["app", "main"]
