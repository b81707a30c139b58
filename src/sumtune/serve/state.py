"""State that all routes share."""

from dataclasses import dataclass

from sumtune.files.run_dir import RunDir
from sumtune.serve.adapters import Adapters
from sumtune.serve.engine import Engine
from sumtune.serve.metrics import Metrics
from sumtune.serve.settings import ServeSettings

__all__ = ["AppState"]


@dataclass(frozen=True)
class AppState:
    """Settings, metrics, engine and models of one service."""

    settings: ServeSettings
    metrics: Metrics
    engine: Engine
    adapters: Adapters
    run_dir: RunDir | None = None
    """Run whose scores the page shows."""
