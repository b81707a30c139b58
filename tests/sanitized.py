"""A plugin of pytest: kernels are compiled with AddressSanitizer and UndefinedBehaviorSanitizer (`make sanitize`)."""

import pytest

from sumtune.files.cache_dir import cache_dir
from sumtune.kernels import build, compiler

SANITIZERS = ("-g", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=undefined")
REORDERING = ("-fassociative-math", "-freciprocal-math")
"""What makes instrumented functions that compute the same round differently."""


def pytest_configure() -> None:
    """Ends the tests where there are no kernels, as all would be skipped."""
    compiler.FLAGS = (*(flag for flag in compiler.FLAGS if flag not in REORDERING), *SANITIZERS)
    if reason := build.why_no_kernels(cache_dir() / "kernels"):
        pytest.exit(f"No kernels with sanitizers: {reason}", 1)
