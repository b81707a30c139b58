"""The secrets of the service, from the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sumtune.errors import ConfigError

__all__ = ["ADMIN_VARIABLE", "KEY_VARIABLE", "MIN_KEY_LENGTH", "adapter_loading_settings", "read_api_keys"]

KEY_VARIABLE = "SUMTUNE_API_KEY"
"""Environment variable: the keys of those who may ask for summaries."""
ADMIN_VARIABLE = "SUMTUNE_ADMIN_KEY"
"""Environment variable: the key of those who may also load and unload adapters."""
MIN_KEY_LENGTH = 16


def read_api_keys(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the API keys of the environment: one, or several with commas between.

    Raises:
        ConfigError: a key is so short that it could be guessed.
    """
    keys = tuple(key.strip() for key in environment.get(KEY_VARIABLE, "").split(",") if key.strip())
    if any(len(key) < MIN_KEY_LENGTH for key in keys):
        raise _too_short(KEY_VARIABLE)
    return keys


def adapter_loading_settings(
    allowed: bool, root: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Return the settings `admin_key` and `adapter_root` of a service that loads adapters at run time, else none.

    Raises:
        ConfigError: something is missing that loading needs, or the admin key is no secret of its own.
    """
    if not allowed:
        if root is not None:
            raise ConfigError("--adapter-root has no effect without --allow-adapter-loading.")
        return {}
    key = environment.get(ADMIN_VARIABLE, "").strip()
    missing = [] if root else ["--adapter-root DIR, the folder that adapters may be loaded from"]
    missing += [] if key else [f"{ADMIN_VARIABLE}, a secret that clients send as `Authorization: Bearer <key>`"]
    if missing:
        raise ConfigError(f"--allow-adapter-loading also needs {' and '.join(missing)}.")
    if len(key) < MIN_KEY_LENGTH:
        raise _too_short(ADMIN_VARIABLE)
    if key in read_api_keys(environment):
        raise ConfigError(f"{ADMIN_VARIABLE} is one of the keys of {KEY_VARIABLE}: it must be another secret.")
    if root is None or not root.is_dir():
        raise ConfigError(f"--adapter-root {root}: there is no such folder.")
    return {"admin_key": key, "adapter_root": root}


def _too_short(variable: str) -> ConfigError:
    return ConfigError(f"{variable}: a key needs at least {MIN_KEY_LENGTH} characters; `openssl rand -hex 24`.")
