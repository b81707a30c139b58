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
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kernels compiled in it."""
    folder = tmp_path_factory.mktemp("compiled")
    if load_kernels(folder) is None:
        pytest.skip("no C compiler: install gcc")
    return folder
