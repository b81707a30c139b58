"""Where the cache is."""

import os
from pathlib import Path

import pytest

from sumtune.errors import ConfigError
from sumtune.files.cache_dir import cache_dir, private_dir


@pytest.fixture(autouse=True)
def _no_folders_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUMTUNE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "sumtune"
    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"


def test_home_is_where_a_tilde_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "sumtune"
    monkeypatch.setenv("SUMTUNE_CACHE", "~/c")
    assert cache_dir() == tmp_path / "c"


def test_a_relative_folder_stays_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUMTUNE_CACHE", "c")
    monkeypatch.chdir(tmp_path)
    assert cache_dir() == tmp_path / "c"


def test_a_home_that_is_not_there_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMTUNE_CACHE", "~nobody-of-this-name/c")
    with pytest.raises(ConfigError, match=r"SUMTUNE_CACHE=~nobody-of-this-name/c.*absolute"):
        cache_dir()


def test_who_has_no_home_gets_a_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_uid: int) -> object:
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    private_dir.cache_clear()
    assert cache_dir() == private_dir()
    assert os.access(private_dir(), os.W_OK)
