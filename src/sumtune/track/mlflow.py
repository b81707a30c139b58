"""MLflow. Its server or folder is `--track mlflow=URI` or MLFLOW_TRACKING_URI."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sumtune.track.tracker import Outcome, Point, TrackedRun

__all__ = ["MLflowTracker"]

ENVIRONMENT = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}  # fmt: skip
"""No waiting for a server that is gone: the run tries again later. Variables that the user has set count more."""
NO_TELEMETRY = {"MLFLOW_DISABLE_TELEMETRY": "true"}
EXPERIMENT = "sumtune"
"""Name of the experiment, unless MLFLOW_EXPERIMENT_NAME is set."""
MOST_METRICS, MOST_PARAMETERS, MOST_CHARACTERS = 1000, 100, 500
"""Limits of a request, and of the value of a parameter."""
T = TypeVar("T")
STATUS: dict[Outcome, str] = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}


class MLflowTracker:
    """A run of an MLflow experiment."""

    stores_files = True

    def __init__(self, address: str = "") -> None:
        """Use the server, database or folder at `address`; empty means the one that MLflow is configured for."""
        os.environ |= ENVIRONMENT | dict(os.environ) | NO_TELEMETRY  # MLflow reads them when it is imported
        from mlflow import MlflowClient

        self._client: Any = MlflowClient(tracking_uri=address or None)
        self._run = ""

    def begin(self, run: TrackedRun, reference: str | None) -> tuple[str, Mapping[str, Point]]:
        """Continue the MLflow run `reference`; begin a new one if there is none or it was deleted."""
        found = None if reference is None else self._find(reference)
        if found is None:
            found = self._client.create_run(self._experiment(), run_name=run.name)
        self._run = found.info.run_id
        self._client.update_run(self._run, status="RUNNING")
        self._describe(run, found.data.params)
        return self._run, {name: self._newest(name) for name in found.data.metrics}

    def add(self, points: Sequence[Point]) -> None:
        """Log the metrics."""
        from mlflow.entities import Metric

        for some in _groups(points, MOST_METRICS):
            metrics = [Metric(one.name, one.value, int(one.time_s * 1000), one.step) for one in some]
            self._client.log_batch(self._run, metrics=metrics, synchronous=True)

    def add_file(self, file: Path, name: str) -> None:
        """Log the file as an artefact of the same name."""
        folder = name.rpartition("/")[0]
        self._client.log_artifact(self._run, str(file), folder or None)

    def end(self, outcome: Outcome) -> None:
        """Set the status of the MLflow run."""
        self._client.set_terminated(self._run, STATUS[outcome])

    def _find(self, run_id: str) -> Any:
        """Return the MLflow run; None if it does not exist any more."""
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        return found if found.info.lifecycle_stage == "active" else None

    def _experiment(self) -> str:
        """Return the id of the experiment, which is made if it does not exist."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def _newest(self, name: str) -> Point:
        newest = max(self._client.get_metric_history(self._run, name), key=lambda one: (one.step, one.timestamp))
        return Point(name, newest.step, newest.value, newest.timestamp / 1000)

    def _describe(self, run: TrackedRun, there: Mapping[str, str]) -> None:
        """Log settings as parameters, and as tags those whose parameters have other values, which cannot change."""
        from mlflow.entities import Param, RunTag

        settings = {key: value[:MOST_CHARACTERS] for key, value in run.settings.items()}
        new = [Param(key, value) for key, value in settings.items() if key not in there]
        changed = {key: value for key, value in settings.items() if there.get(key, value) != value}
        tags = [RunTag(key, value) for key, value in {**run.environment, **changed}.items()]
        for parameters in _groups(new, MOST_PARAMETERS):
            self._client.log_batch(self._run, params=parameters, synchronous=True)
        self._client.log_batch(self._run, tags=tags, synchronous=True)


def _groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield `items` in groups of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
