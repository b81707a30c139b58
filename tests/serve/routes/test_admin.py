"""Load and unload adapters at run time: permissions, folders and memory."""

import gc
import os
import threading
import weakref
from dataclasses import replace

import pytest

from sumtune.errors import ModelError
from sumtune.serve.safe_path import OutsideRootError
from sumtune.serve.settings import ServeSettings

from ..fakes import (
    ADMIN,
    KEY,
    EchoSummarizer,
    FirstWordSummarizer,
    admin_settings,
    bearer,
    loaded_model,
    make_client,
    wait_for,
)


@pytest.fixture
def root(tmp_path):
    """Root folder for adapters, beside a folder outside it."""
    for folder in ("root/x", "root/bad", "outside"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path / "root"


def telling(name, folder):
    return loaded_model(name, EchoSummarizer())


@pytest.fixture
def changing(root):
    """Client with the admin key. Loading gives an `EchoSummarizer`, and fails for the folder `bad`."""

    def load(name, folder):
        if folder.name == "bad":
            raise ModelError(f"{folder} is neither an adapter folder nor a run folder with an adapter in it.")
        return loaded_model(name, EchoSummarizer())

    with make_client({"tuned": FirstWordSummarizer()}, settings=admin_settings(root), load_adapter=load) as client:
        client.headers.update(bearer(ADMIN))
        yield client


def names(client, **options):
    return [adapter["name"] for adapter in client.get("/adapters", **options).json()]


def test_an_adapter_is_loaded_used_and_unloaded_at_run_time(changing, root):
    loaded = changing.post("/adapters", json={"name": "new", "folder": str(root / "x")})
    assert (loaded.status_code, loaded.json()["engine"]) == (201, "fake streaming")
    assert names(changing) == ["tuned", "new"]
    summary = changing.post("/summarize", json={"dialogues": "Ann: Hi", "adapter": "new"}).json()
    assert (summary["model"], summary["summaries"][0]["summary"]) == ("new", "Ann: Hi")
    assert changing.delete("/adapters/new").status_code == 204
    assert names(changing) == ["tuned"]
    assert changing.post("/summarize", json={"dialogues": "Ann: Hi", "adapter": "new"}).status_code == 404


def test_unloading_frees_the_memory(root):
    loaded = []

    def load(name, folder):
        made = EchoSummarizer()
        made.circle = made
        loaded.append(weakref.ref(made))
        return loaded_model(name, made)

    with make_client({"tuned": FirstWordSummarizer()}, settings=admin_settings(root), load_adapter=load) as client:
        client.headers.update(bearer(ADMIN))
        client.post("/adapters", json={"name": "new", "folder": "x"})
        assert client.post("/summarize", json={"dialogues": "Ann: Hi", "adapter": "new"}).status_code == 200
        assert loaded[0]() is not None
        client.post("/summarize", json={"dialogues": "Ann: Hi"})  # the only decoding thread lets go of the last batch
        gc.disable()
        try:
            client.delete("/adapters/new")
            assert loaded[0]() is None
        finally:
            gc.enable()


def test_invalid_loads_and_unloads_are_refused(changing):
    assert changing.post("/adapters", json={"name": "tuned", "folder": "x"}).status_code == 409
    bad = changing.post("/adapters", json={"name": "new", "folder": "bad"})
    assert (bad.status_code, "is neither" in bad.json()["detail"]) == (422, True)
    assert changing.delete("/adapters/other").status_code == 404
    assert changing.delete("/adapters/tuned").status_code == 409
    assert names(changing) == ["tuned"]


def test_unloading_the_default_makes_the_next_the_default(changing):
    changing.post("/adapters", json={"name": "new", "folder": "x"})
    assert changing.delete("/adapters/tuned").status_code == 204
    assert changing.post("/summarize", json={"dialogues": "Ann: Hi"}).json()["model"] == "new"


@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["open", "with keys"])
def test_by_default_no_key_can_change_adapters(keys):
    settings = ServeSettings(workers=1, api_keys=keys)
    with make_client({"tuned": FirstWordSummarizer(), "other": FirstWordSummarizer()}, settings=settings) as client:
        client.headers.update(bearer(KEY))
        for answer in (client.post("/adapters", json={"name": "new", "folder": "x"}), client.delete("/adapters/other")):
            assert (answer.status_code, "--allow-adapter-loading" in answer.text) == (403, True)
        assert names(client) == ["tuned", "other"]


@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["open", "with keys"])
@pytest.mark.parametrize(("key", "status"), [(KEY, 403), (None, 401), (ADMIN + "x", 401), (ADMIN, 201)])
def test_only_the_admin_key_can_change_adapters(root, keys, key, status):
    settings = replace(admin_settings(root), api_keys=keys)
    status = 401 if status == 403 and not keys else status
    with make_client(
        {"tuned": FirstWordSummarizer(), "other": FirstWordSummarizer()}, settings=settings, load_adapter=telling
    ) as client:
        headers = bearer(key) if key else {}
        assert client.post("/adapters", json={"name": "new", "folder": "x"}, headers=headers).status_code == status
        assert client.delete("/adapters/other", headers=headers).status_code == (204 if status == 201 else status)
        assert client.post("/adapters/", json={}, headers=headers).status_code != 201
        assert len(names(client, headers=bearer(ADMIN))) == 2


def test_the_admin_key_is_also_an_api_key_with_its_own_rate_limit(root):
    settings = admin_settings(root, requests_per_minute=8)
    with make_client({"tuned": FirstWordSummarizer()}, settings=settings) as client:
        statuses = [client.get("/v1/models", headers=bearer(key)).status_code for key in (KEY, ADMIN) for _ in range(3)]
    assert statuses == [200, 200, 429] * 2


def test_a_running_request_finishes_after_its_adapter_is_unloaded(root):
    summarizer, answers = EchoSummarizer(), []
    summarizer.gate.clear()
    with make_client({"tuned": FirstWordSummarizer(), "slow": summarizer}, settings=admin_settings(root)) as client:
        client.headers.update(bearer(ADMIN))
        body = {"dialogues": "Ann: Hi", "adapter": "slow"}
        thread = threading.Thread(target=lambda: answers.append(client.post("/summarize", json=body)))
        thread.start()
        wait_for(lambda: summarizer.calls)
        assert client.delete("/adapters/slow").status_code == 204
        summarizer.gate.set()
        thread.join(10)
    assert answers[0].json()["summaries"][0]["summary"] == "Ann: Hi"


OUTSIDE = [
    "..", "../outside", "../nothing", "x/../../outside", "/", "/etc/passwd", "/nothing", "{root}/../outside",
    "leads out", "leads nowhere", "leads out/deeper", "holds a way out", "holds a pipe", "loop",
    "x" * 300, "~", "../root/x",
]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
@pytest.mark.parametrize("named", OUTSIDE)
def test_a_folder_outside_the_root_is_refused_with_the_same_message(changing, root, named):
    outside = root.parent / "outside"
    (outside / "deeper").mkdir()
    (root / "leads out").symlink_to(outside)
    (root / "leads nowhere").symlink_to(root.parent / "nothing")
    (root / "loop").symlink_to(root / "loop")
    (root / "holds a way out" / "deep").mkdir(parents=True)
    (root / "holds a way out" / "deep" / "prompt.json").symlink_to(outside / "secret")
    (root / "holds a pipe").mkdir()
    os.mkfifo(root / "holds a pipe" / "prompt.json")
    answer = changing.post("/adapters", json={"name": "new", "folder": named.replace("{root}", str(root))})
    if named in ("~", "x" * 300):  # names like any other, which are not there
        assert answer.status_code in (201, 422)
        return
    assert (answer.status_code, answer.json()) == (
        422,
        {"detail": str(OutsideRootError())},
    )
    assert names(changing) == ["tuned"]


def test_links_inside_the_root_are_followed(root, changing):
    (root / "latest").symlink_to(root / "x")
    (root / "bad" / "prompt.json").write_text("{}")
    (root / "x" / "prompt.json").symlink_to(root / "bad" / "prompt.json")
    assert changing.post("/adapters", json={"name": "new", "folder": "latest"}).status_code == 201
    assert changing.post("/adapters", json={"name": "again", "folder": str(root / "latest")}).status_code == 201


def test_the_loaded_folder_is_the_checked_folder(root):
    loaded = []

    def load(name, folder):
        loaded.append(folder)
        return loaded_model(name, EchoSummarizer())

    (root / "latest").symlink_to("x")
    with make_client({"tuned": FirstWordSummarizer()}, settings=admin_settings(root), load_adapter=load) as client:
        client.post("/adapters", json={"name": "new", "folder": "latest"}, headers=bearer(ADMIN))
    assert loaded == [(root / "x").resolve()]
