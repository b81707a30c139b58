"""A real MLflow server on this machine, and Trackio's database, read back. `make test-trackers` installs them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import small_runs
from small_runs import RUN, snapshot

from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.terminal.console import plain_console
from sumtune.track.metrics import metrics_of
from sumtune.train.event_log import read_events

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore"),  # those of the trackers
]
needs_server = pytest.mark.skipif(not (find_spec("mlflow") and find_spec("flask")), reason="run make test-trackers")
needs_trackio = pytest.mark.skipif(not find_spec("trackio"), reason="run make test-trackers")
METRICS = ("train/loss", "train/learning_rate", "train/tokens_per_s", "validation/loss")


@contextmanager
def mlflow_server(folder):
    """Yield the address of a server whose runs are in `folder`, and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        "--backend-store-uri",
        f"sqlite:///{folder}/runs.db",
        "--artifacts-destination",
        f"{folder}/files",
    ]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield address, server
    finally:
        _end(server)


def _wait_for(address):
    until = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(f"{address}/health").close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.2)


def _end(server):
    if server.poll() is None:
        os.killpg(server.pid, 9)
    server.wait()


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as (address, _server):
        yield address


def logged(name):
    """The steps and values of a metric in the event log."""
    events = read_events(RUN.train_metrics)
    return [(event["step"], found[name]) for event in events if name in (found := metrics_of(event))]


def comparable(name, values):
    """`values`, but only the steps of speeds: a step that is repeated after a stop keeps its first speed."""
    return [step for step, _ in values] if name == "train/tokens_per_s" else values


def run_in_mlflow(address):
    """The only run of the experiment, and a function that returns the steps and values of a metric."""
    from mlflow import MlflowClient

    client = MlflowClient(address)
    experiment = client.get_experiment_by_name(os.environ["MLFLOW_EXPERIMENT_NAME"])
    (run,) = client.search_runs([experiment.experiment_id])
    return client, run, lambda name: [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, name)]


@needs_server
def test_mlflow_holds_what_the_run_folder_holds(place, mlflow, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "whole")
    from sumtune.commands import pipeline

    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", small_runs._stopping)
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(small_runs.config(track=[f"mlflow={mlflow}"]))
    _, run, _ = run_in_mlflow(mlflow)
    assert run.info.status == "KILLED"
    pipeline.run(small_runs.config(track=[f"mlflow={mlflow}"]), RUN, small_runs.console())
    client, run, history = run_in_mlflow(mlflow)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "run")
    assert run.data.params["train.learning_rate"] == "0.01"
    for name in METRICS:
        found, expected = history(name), logged(name)
        assert comparable(name, found) == comparable(name, expected) != []
    assert [step for step, _ in history("train/loss")] == [1, 2, 3, 4, 5, 6]
    tuned = load_scorecard(RUN).systems["tuned"].metrics
    header, row = (RUN.evaluation / "metrics.csv").read_text().splitlines()
    for metric, value in zip(header.split(","), row.split(","), strict=True):
        assert f"{run.data.metrics[f'scores/tuned/{metric}']:.6f}" == value
        assert run.data.metrics[f"scores/tuned/{metric}/low"] == tuned[metric].low
    assert run.data.metrics["actual/training_s"] == RUN.record()["training_s"]
    folder, weights = Path(client.download_artifacts(run.info.run_id, "")), "adapter_model.safetensors"
    assert (folder / "adapter" / weights).read_bytes() == (RUN.adapter / weights).read_bytes()
    assert "who gets the" not in (folder / "report.html").read_text(encoding="utf-8")
    pipeline.run(small_runs.config(track=[f"mlflow={mlflow}"], decode__beams=2), RUN, small_runs.console())
    _, run, history = run_in_mlflow(mlflow)
    assert (run.data.params["decode.beams"], run.data.tags["decode.beams"]) == ("1", "2")
    assert history("train/loss") == logged("train/loss")


@needs_server
def test_a_server_that_is_killed_changes_nothing(place, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "killed")
    small_runs.train()
    without = snapshot(RUN.adapter)
    shutil.rmtree(RUN.root)
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as (address, server):
        monkeypatch.setattr("sumtune.commands.train.training_progress", _killing(server, address))
        from sumtune.commands import pipeline

        settings = small_runs.config(track=[f"mlflow={address}"])
        pipeline.train(settings, RUN, plain_console(width=200))
    said = capsys.readouterr()
    assert snapshot(RUN.adapter) == without
    assert said.out.count("Warning: mlflow") == 1
    assert "Traceback" not in said.out + said.err
    assert "Retrying" not in said.err


def _killing(server, address):
    @contextmanager
    def progress(_console, _expected=None):
        def report(event):
            if event["event"] == "step" and event["step"] == 3:
                until = time.monotonic() + 60
                while not _has_a_run(address) and time.monotonic() < until:
                    time.sleep(0.2)
                _end(server)

        yield report

    return progress


def _has_a_run(address):
    from mlflow import MlflowClient

    client = MlflowClient(address)
    found = client.get_experiment_by_name("killed")
    return found is not None and bool(client.search_runs([found.experiment_id]))


@needs_trackio
def test_trackio_holds_what_the_run_folder_holds(place, tmp_path, monkeypatch) -> None:
    import trackio
    from trackio import sqlite_storage, utils

    for module in (trackio, sqlite_storage, utils):
        monkeypatch.setattr(module, "TRACKIO_DIR", tmp_path / "trackio")
    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", small_runs._stopping)
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(small_runs.config(track=["trackio"]))
    small_runs.train(small_runs.config(track=["trackio"]))
    assert trackio.SQLiteStorage.get_runs("sumtune") == ["run"]
    rows = sorted(trackio.SQLiteStorage.get_logs("sumtune", "run"), key=lambda row: row["step"])
    for name in METRICS:
        found = [(row["step"], row[name]) for row in rows if name in row]
        assert comparable(name, found) == comparable(name, logged(name)) != []
