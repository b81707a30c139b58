"""Keys from the environment, and what loading adapters at run time needs."""

import pytest

from sumtune.errors import ConfigError
from sumtune.serve.api_keys import adapter_loading_settings, read_api_keys
from sumtune.serve.settings import ServeSettings

from .fakes import ADMIN, KEY, OTHER_KEY


def test_keys_come_from_the_environment_and_short_keys_are_refused():
    assert read_api_keys({}) == ()
    assert read_api_keys({"SUMTUNE_API_KEY": f" {KEY} ,{OTHER_KEY},"}) == (KEY, OTHER_KEY)
    with pytest.raises(ConfigError, match="at least 16 characters") as caught:
        read_api_keys({"SUMTUNE_API_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert KEY not in repr(ServeSettings(api_keys=(KEY,)))


def test_adapter_loading_is_off_by_default():
    assert adapter_loading_settings(False, None, {"SUMTUNE_ADMIN_KEY": ADMIN}) == {}
    assert ServeSettings().adapter_root is None
    assert ServeSettings().admin_key is None


def test_adapter_loading_needs_a_folder_and_its_own_secret(tmp_path):
    with pytest.raises(ConfigError, match=r"--adapter-root DIR.* and SUMTUNE_ADMIN_KEY"):
        adapter_loading_settings(True, None, {})
    with pytest.raises(ConfigError, match="--allow-adapter-loading"):
        adapter_loading_settings(False, tmp_path, {"SUMTUNE_ADMIN_KEY": ADMIN})
    with pytest.raises(ConfigError, match="at least 16 characters"):
        adapter_loading_settings(True, tmp_path, {"SUMTUNE_ADMIN_KEY": "hunter2"})
    with pytest.raises(ConfigError, match="a different secret"):
        adapter_loading_settings(True, tmp_path, {"SUMTUNE_ADMIN_KEY": KEY, "SUMTUNE_API_KEY": f"{OTHER_KEY},{KEY}"})
    with pytest.raises(ConfigError, match="no such folder"):
        adapter_loading_settings(True, tmp_path / "gone", {"SUMTUNE_ADMIN_KEY": ADMIN})
    given = adapter_loading_settings(True, tmp_path, {"SUMTUNE_ADMIN_KEY": ADMIN, "SUMTUNE_API_KEY": KEY})
    assert given == {"admin_key": ADMIN, "adapter_root": tmp_path}
    assert ADMIN not in repr(ServeSettings(**given))
