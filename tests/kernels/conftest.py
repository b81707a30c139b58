from pathlib import Path

import pytest

from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import Kernels, load_kernels


@pytest.fixture(scope="session")
def kernels() -> Kernels:
    found = load_kernels(cache_dir() / "kernels")
    if found is None:
        pytest.skip("no C compiler: install gcc")
    return found


@pytest.fixture(scope="session")
def compiled(compiled: Path) -> Path:
    """A folder with the compiled kernels."""
    if load_kernels(compiled) is None:
        pytest.skip("no C compiler: install gcc")
    return compiled
