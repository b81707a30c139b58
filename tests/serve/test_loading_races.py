"""Concurrent loads, unloads and requests, and failing loads."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from fastapi.testclient import TestClient

from sumtune.errors import ModelError
from sumtune.files.run_dir import RunDir
from sumtune.serve import server
from sumtune.serve.adapters import Adapters
from sumtune.serve.settings import ServeSettings

from .fakes import (
    ADMIN,
    URL,
    EchoSummarizer,
    FirstWordSummarizer,
    admin_settings,
    bearer,
    loaded_model,
    make_app,
    make_client,
    wait_for,
)
from .live_server import listening_server


class Gated:
    """Load function that waits for `gate`, and records the loads that have started."""

    def __init__(self, failing=()):
        self.gate = threading.Event()
        self.begun = []
        self.failing = failing

    def __call__(self, name, folder=None):
        self.begun.append(name)
        assert self.gate.wait(10)
        if name in self.failing:
            raise ModelError(f"{name} is damaged.")
        return loaded_model(name, EchoSummarizer())


@contextmanager
def starting(tmp_path, gated, names=("tuned", "short")):
    """Yield a client of a service that is still loading `names`, and that may load more adapters."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    loads = {name: (lambda name=name: gated(name)) for name in names}
    app = server.create_app(loads, load_adapter=gated, settings=admin_settings(tmp_path))
    with TestClient(app, base_url=URL, headers=bearer(ADMIN)) as client:
        wait_for(lambda: gated.begun == ["tuned"])
        try:
            yield client
        finally:
            gated.gate.set()


def post(client, name, folder="a"):
    return client.post("/adapters", json={"name": name, "folder": folder})


@pytest.mark.parametrize("name", ["tuned", "short", "base"])
def test_startup_names_are_reserved_from_the_start(tmp_path, name):
    gated = Gated()
    with starting(tmp_path, gated) as client:
        assert post(client, name).status_code == 409
        gated.gate.set()
        wait_for(lambda: client.get("/ready").status_code == 200)
        assert [adapter["name"] for adapter in client.get("/adapters").json()] == ["tuned", "short"]
        assert gated.begun == ["tuned", "short"]


def test_a_loading_adapter_cannot_be_unloaded(tmp_path):
    gated = Gated()
    with starting(tmp_path, gated) as client:
        answer = client.delete("/adapters/short")
        assert (answer.status_code, "still being loaded" in answer.text) == (409, True)
        gated.gate.set()
        wait_for(lambda: client.get("/ready").status_code == 200)
        assert client.delete("/adapters/short").status_code == 204


def test_the_default_is_the_first_startup_adapter_whatever_loads_first():
    async def first_loaded():
        adapters = Adapters({"tuned": lambda: loaded_model("tuned", EchoSummarizer())})
        await adapters.load("new", lambda: loaded_model("new", EchoSummarizer()))
        assert [one.name for one in adapters.loaded()] == ["new"]
        await adapters.load_all()
        return [one.name for one in adapters.loaded()], (await adapters.find()).name

    assert asyncio.run(first_loaded()) == (["tuned", "new"], "tuned")


def test_only_one_of_two_concurrent_loads_gets_a_name(tmp_path):
    gated = Gated()
    with starting(tmp_path, gated, names=("tuned",)) as client, ThreadPoolExecutor() as threads:
        asked = [threads.submit(post, client, "new", folder) for folder in ("a", "b")]
        wait_for(lambda: any(one.done() for one in asked))
        gated.gate.set()
        assert sorted(one.result().status_code for one in asked) == [201, 409]
        assert gated.begun.count("new") == 1


def test_a_failed_load_frees_its_name_and_the_next_load_runs(tmp_path):
    gated = Gated(failing=("bad",))
    with starting(tmp_path, gated, names=("tuned",)) as client, ThreadPoolExecutor() as threads:
        bad, good = threads.submit(post, client, "bad"), threads.submit(post, client, "good", "b")
        gated.gate.set()
        assert (bad.result().status_code, bad.result().json()["detail"]) == (422, "bad is damaged.")
        assert good.result().status_code == 201
        gated.failing = ()
        assert post(client, "bad").status_code == 201


@pytest.mark.parametrize("error", [KeyError("decode"), OSError(28, "No space left on device"), MemoryError()], ids=repr)
def test_any_exception_in_a_load_is_a_422_and_a_log_line(tmp_path, caplog, error):
    def load(name, folder):
        raise error

    (tmp_path / "a").mkdir()
    with make_client({"tuned": FirstWordSummarizer()}, settings=admin_settings(tmp_path), load_adapter=load) as client:
        client.headers.update(bearer(ADMIN))
        answer = post(client, "new")
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("'new' cannot be loaded (")
        assert client.get("/ready").status_code == 200
    assert [line.levelname for line in caplog.records if "Loading new failed" in line.getMessage()] == ["ERROR"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("error", [ModelError("There is no model."), KeyError("decode")], ids=repr)
def test_a_failed_startup_load_stops_the_service_with_one_message(tmp_path, monkeypatch, capfd, error):
    def load(name, folder, beams=None):
        raise error

    monkeypatch.setattr(server, "load_adapter", load)
    run_dir = RunDir(tmp_path)
    run_dir.adapter.mkdir(parents=True)
    (run_dir.adapter / "sumtune.json").write_text("{}")
    with pytest.raises(ModelError, match=r"There is no model\.|'tuned' cannot be loaded \(KeyError\)"):
        server.run(run_dir, "127.0.0.1", 0, settings=ServeSettings(workers=1))
    assert "Traceback" not in capfd.readouterr().err


def test_the_service_can_stop_while_it_loads(capfd):
    gated = Gated()
    ended = []
    with listening_server(server.create_app({"tuned": lambda: gated("tuned")}, on_loaded=ended.append)) as url:
        wait_for(lambda: gated.begun)
        assert httpx.get(f"{url}/ready").status_code == 503
        threading.Timer(0.3, gated.gate.set).start()
    assert ended == []
    assert "Traceback" not in capfd.readouterr().err


def test_a_request_longer_than_the_shutdown_timeout_gets_503_without_a_traceback(caplog):
    summarizer, answers = EchoSummarizer(), []
    summarizer.gate.clear()
    settings = ServeSettings(workers=1, shutdown_s=1)
    body = {"dialogues": "Ann: Hi", "beams": 1}

    def ask(url):
        answers.append(httpx.post(f"{url}/summarize", json=body))
        summarizer.gate.set()

    with (
        caplog.at_level(logging.INFO),
        listening_server(make_app({"tuned": summarizer}, settings=settings), settings) as url,
    ):
        wait_for(lambda: httpx.get(f"{url}/ready").status_code == 200)
        thread = threading.Thread(target=ask, args=(url,))
        thread.start()
        wait_for(lambda: summarizer.calls)
    thread.join(5)
    assert answers[0].status_code == 503
    assert not [record for record in caplog.records if record.exc_info]
