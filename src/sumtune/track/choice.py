"""The trackers that a user chose, such as `mlflow=http://localhost:5000`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast
from urllib.parse import urlsplit

from sumtune.errors import ConfigError
from sumtune.track.tracker import Tracker

__all__ = ["Choice", "choices_of"]

TRACKERS = {
    "mlflow": ("sumtune.track.mlflow", "MLflowTracker"),
    "tensorboard": ("sumtune.track.tensorboard", "TensorBoardTracker"),
    "trackio": ("sumtune.track.trackio", "TrackioTracker"),
}
"""Module and class by name, which is also that of the package and the extra. A module is imported when needed."""
WITH_ADDRESS = ("mlflow",)


@dataclass(frozen=True)
class Choice:
    """A chosen tracker."""

    name: str
    address: str = ""
    """Empty for the default of the tracker."""

    def __str__(self) -> str:
        return f"{self.name}={self.address}" if self.address else self.name

    def make(self) -> Tracker:
        """Import what the tracker needs and return a new one."""
        module, name = TRACKERS[self.name]
        make = cast(Callable[..., Tracker], getattr(import_module(module), name))
        return make(self.address) if self.name in WITH_ADDRESS else make()


def choices_of(texts: Iterable[str]) -> list[Choice]:
    """Return the chosen trackers, each once.

    Raises:
        ConfigError: a tracker is unknown or not installed, or its address cannot be used.
    """
    return [_choice(text) for text in dict.fromkeys(texts)]


def _choice(text: str) -> Choice:
    name, sign, address = text.partition("=")
    if name not in TRACKERS:
        raise ConfigError(f"Unknown tracker {name!r}: choose one of {', '.join(TRACKERS)}.")
    if sign and (name not in WITH_ADDRESS or not address):
        known = ", for example mlflow=http://localhost:5000" if name in WITH_ADDRESS else ""
        raise ConfigError(f"The tracker {text!r} has {'no' if not address else 'an'} address: expected {name}{known}.")
    if _has_password(address):
        raise ConfigError(
            f"The address of {name} contains a password: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    if find_spec(name) is None:
        raise ConfigError(f"The tracker {name} is not installed: run `pip install 'sumtune[{name}]'`.")
    return Choice(name, address)


def _has_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and parts.password is not None
    except ValueError:
        return False
