"""Errors that a user can fix. The command line prints them as one message and exits with 2.

SumtuneError
├── ConfigError    a setting is unknown, malformed, out of range, or contradicts another
├── DataError      the examples cannot be read, or validation found errors in them
├── ModelError     the base model or adapter is missing, unsupported, or not what it claims to be
├── RunDirError    the run folder lacks a file that a stage needs, or holds another run
├── ExportError    an exported model does not write what the tuned model writes
├── InputError     a text to summarize is empty, too long, or not text
└── StoppedError   a run was stopped by the user, with everything saved (exit code 130)
"""

__all__ = [
    "ConfigError",
    "DataError",
    "ExportError",
    "InputError",
    "ModelError",
    "RunDirError",
    "StoppedError",
    "SumtuneError",
]


class SumtuneError(Exception):
    """What was wrong, what was expected, and what to do next: one message for the user.

    >>> import sumtune
    >>> try:
    ...     sumtune.score(["Ann brings cake."], [])
    ... except sumtune.SumtuneError as error:
    ...     print(error)
    Expected equal numbers of predictions and references; given: 1 and 0.
    """


class ConfigError(SumtuneError):
    """A setting is unknown, malformed, out of range, or contradicts another."""


class DataError(SumtuneError):
    """The examples cannot be read, or validation found errors in them."""


class ModelError(SumtuneError):
    """The base model or adapter is missing, unsupported, or not what it claims to be."""


class RunDirError(SumtuneError):
    """The run folder lacks a file that a stage needs, or holds another run."""


class ExportError(SumtuneError):
    """An exported model does not write what the tuned model writes."""


class InputError(SumtuneError):
    """A text to summarize is empty, too long, or not text."""


class StoppedError(SumtuneError):
    """A run was stopped by the user, with everything saved."""
