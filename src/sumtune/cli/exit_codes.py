"""Exit codes: 0 for success, 2 for a problem that the user can fix, 130 for an interruption, 1 for a bug in sumtune."""

import errno
import sys

from sumtune.cli.application import app
from sumtune.errors import StoppedError, SumtuneError
from sumtune.memory import collect_rarely
from sumtune.terminal.encoding import replace_unencodable

__all__ = ["main"]

USER_PROBLEM, INTERRUPTED = 2, 130
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
PATH_PROBLEMS = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.EEXIST, errno.ENOTDIR,
    errno.EISDIR,
)  # fmt: skip
"""System errors about a path, which the user can fix."""


def main() -> None:
    """Run the command line and exit; expected errors become one message on standard error."""
    replace_unencodable()
    collect_rarely()
    try:
        app()
    except StoppedError as stopped:
        _exit(f"{stopped} The same command continues from there.", INTERRUPTED)
    except SumtuneError as error:
        _exit(f"Error: {error}", USER_PROBLEM)
    except OSError as error:
        if (message := _message(error)) is None:
            raise
        _exit(f"Error: {message}", USER_PROBLEM)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer's own code for Control-C, which it gives without a message
            print("Interrupted. The same command continues with what was saved.", file=sys.stderr)
        raise


def _message(error: OSError) -> str | None:
    """Return the message for the user about an operating system error; None if the error points to a bug."""
    if error.errno in DISK_FULL:
        where = error.filename or "while writing"
        return f"the disk is full ({where}). Free some space; the same command continues with what was saved."
    if error.errno in PATH_PROBLEMS and error.filename is not None:
        return f"Cannot use {str(error.filename)!r}: {error.strerror}."
    return None


def _exit(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
