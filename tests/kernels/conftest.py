"""Tests of the kernels run once for each variant that this processor can run."""

from pathlib import Path

import pytest

from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import Kernels, load_kernels, why_no_kernels
from sumtune.kernels.variants import runnable_variants


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kernels" in metafunc.fixturenames:
        found = load_kernels(cache_dir() / "kernels")
        variants = [None] if found is None else runnable_variants(found._library)
        metafunc.parametrize("kernels", variants, indirect=True, scope="session")


@pytest.fixture(scope="session")
def kernels(compiled: Path, request: pytest.FixtureRequest) -> Kernels:
    """Return the kernels of a variant; skip the test if there is no C compiler."""
    found = load_kernels(compiled)
    if found is None:
        reason = why_no_kernels(compiled) or ""
        (pytest.fail if "the C compiler fails" in reason else pytest.skip)(reason)
    return Kernels(found._library, request.param)
