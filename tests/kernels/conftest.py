"""Tests of the kernels run once for each variant that this processor can run.

Those marked `one_variant` check what comes before the choice of the variant, and run once.
"""

from pathlib import Path
from typing import Any

import emulated
import pytest

from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import Kernels, load_kernels, why_no_kernels
from sumtune.kernels.variants import runnable_variants


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kernels" not in metafunc.fixturenames:
        return
    if metafunc.config.pluginmanager.has_plugin("emulated"):
        cases: list[Any] = emulated.CASES
    else:
        found = load_kernels(cache_dir() / "kernels")
        cases = [None] if found is None else runnable_variants(found._library)
    if metafunc.definition.get_closest_marker("one_variant"):
        cases = cases[:1]
    metafunc.parametrize("kernels", cases, indirect=True, scope="session", ids=_name)


@pytest.fixture(scope="session")
def kernels(compiled: Path, request: pytest.FixtureRequest) -> Kernels:
    """Return the kernels of a variant; skip the test if there is no C compiler."""
    if isinstance(request.param, tuple):
        return emulated.Emulated(*request.param)
    found = load_kernels(compiled)
    if found is None:
        reason = why_no_kernels(compiled) or ""
        (pytest.fail if "the C compiler fails" in reason else pytest.skip)(reason)
    return Kernels(found._library, request.param)


def _name(case: Any) -> str:
    return "-".join(case) if isinstance(case, tuple) else str(case)
