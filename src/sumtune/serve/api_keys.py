"""API keys and the admin key, read from the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sumtune.errors import ConfigError

__all__ = ["ADMIN_VARIABLE", "KEY_VARIABLE", "MIN_KEY_LENGTH", "adapter_loading_settings", "read_api_keys"]

KEY_VARIABLE = "SUMTUNE_API_KEY"
"""Environment variable with the API keys."""
ADMIN_VARIABLE = "SUMTUNE_ADMIN_KEY"
"""Environment variable with the admin key, which may also load and unload adapters."""
MIN_KEY_LENGTH = 16


def read_api_keys(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the API keys from the environment, where commas separate them.

    Raises:
        ConfigError: a key is too short to be safe.
    """
    keys = tuple(key.strip() for key in environment.get(KEY_VARIABLE, "").split(",") if key.strip())
    if any(len(key) < MIN_KEY_LENGTH for key in keys):
        raise _too_short(KEY_VARIABLE)
    return keys


def adapter_loading_settings(
    allowed: bool, root: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Return `admin_key` and `adapter_root` for `ServeSettings`; nothing if adapter loading is not `allowed`.

    Raises:
        ConfigError: the folder or the admin key is missing, or the admin key is also an API key.
    """
    if not allowed:
        if root is not None:
            raise ConfigError("--adapter-root has no effect without --allow-adapter-loading.")
        return {}
    key = environment.get(ADMIN_VARIABLE, "").strip()
    missing = [] if root else ["--adapter-root DIR, the folder to load adapters from"]
    missing += [] if key else [f"{ADMIN_VARIABLE}, a secret that clients send as `Authorization: Bearer <key>`"]
    if missing:
        raise ConfigError(f"--allow-adapter-loading also needs {' and '.join(missing)}.")
    if len(key) < MIN_KEY_LENGTH:
        raise _too_short(ADMIN_VARIABLE)
    if key in read_api_keys(environment):
        raise ConfigError(f"{ADMIN_VARIABLE} is also in {KEY_VARIABLE}: choose a different secret.")
    if root is None or not root.is_dir():
        raise ConfigError(f"--adapter-root {root}: no such folder.")
    return {"admin_key": key, "adapter_root": root}


def _too_short(variable: str) -> ConfigError:
    return ConfigError(
        f"{variable}: a key needs at least {MIN_KEY_LENGTH} characters; `openssl rand -hex 24` makes one."
    )
