from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sumtune.train.session import Session


@pytest.fixture
def make_session(session_in: Callable[..., Session], tmp_path: Path) -> Callable[..., Session]:
    """`session_in` with the folder of the test."""
    return partial(session_in, tmp_path)
