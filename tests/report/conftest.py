"""A scored run, written once; tests that change it take a copy."""

import shutil

import pytest
import scored_run

from sumtune.files.run_dir import RunDir


@pytest.fixture(scope="module", autouse=True)
def _empty_cache(tmp_path_factory):
    """A cache without the tokenizer of the embedded model, which takes a second to load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def card():
    return scored_run.scorecard()


@pytest.fixture(scope="session")
def run(card, tmp_path_factory):
    return scored_run.write_run(tmp_path_factory.mktemp("runs") / "chats", card)


@pytest.fixture
def own_run(run, tmp_path):
    return RunDir(shutil.copytree(run.root, tmp_path / "chats"))
