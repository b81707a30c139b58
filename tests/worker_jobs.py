"""Jobs for worker processes, which can import this module, unlike a file of tests."""

import os
import signal
import time
from pathlib import Path

from sumtune.errors import ConfigError


def square(job: tuple[int, Path]) -> int:
    """Return the square of a number; leave a note about the process."""
    number, folder = job
    (folder / f"{number}-{os.getpid()}").touch()
    return number * number


def die_twice(job: tuple[int, Path]) -> int:
    number, folder = job
    result = square(job)
    if number == 1 and len(list(folder.glob("1-*"))) <= 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def die(_job: object) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def refuse(job: tuple[int, Path]) -> int:
    if job[0] == 0:
        raise ConfigError("No such layer.")
    time.sleep(60)
    return 0
