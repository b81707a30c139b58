"""Load real, tiny models from folders and serve them."""

import json
import logging
import shutil
from dataclasses import replace

import pytest
import tiny
import torch
from fastapi.testclient import TestClient

from sumtune.decode import build
from sumtune.decode.unsupported import UnsupportedError
from sumtune.errors import ModelError
from sumtune.files.run_dir import RunDir
from sumtune.model.load import load_base as load_model
from sumtune.model.lora import add_lora, save_adapter, target_modules, trainable
from sumtune.serve import server
from sumtune.serve.app import create_app
from sumtune.serve.loading import adapter_folder, load_adapter, load_base
from sumtune.serve.settings import ServeSettings
from sumtune.text.prompt import Prompt

from .fakes import ADMIN, URL, EchoSummarizer, admin_settings, bearer, events, loaded_model, wait_for

PROMPT = Prompt("", "\nTL;DR:", "", max_source_tokens=200, max_target_tokens=12)
DECODE = {"beams": 2, "length_penalty": 1.0, "engine": "auto", "quantization": "float32", "batch_tokens": 4096}
CHAT = tiny.conversation(3)["dialogue"]
LONG_CHAT = "\n".join(tiny.conversation(number)["dialogue"] for number in range(12))


pytestmark = pytest.mark.usefixtures("module_cache")


@pytest.fixture(scope="module")
def run_dir(tiny_models, tmp_path_factory):
    """Run folder with a random adapter for a tiny model."""
    run_dir = RunDir(tmp_path_factory.mktemp("run"))
    run_dir.trainer.mkdir()
    base = load_model(tiny_models["llama"], torch.float32)
    adapted, generator = add_lora(
        base,
        base_name=str(tiny_models["llama"]),
        rank=4,
        alpha=8.0,
        dropout=0.0,
        targets=target_modules(base, None),
        seed=0,
    )
    weights = {name: torch.randn(weight.shape, generator=generator) for name, weight in trainable(adapted).items()}
    save_adapter(adapted, weights, run_dir.adapter)
    PROMPT.save(run_dir.adapter)
    model = {"name": str(tiny_models["llama"]), "revision": None, "device": "cpu"}
    (run_dir.adapter / "sumtune.json").write_text(json.dumps({"model": model, "decode": DECODE}))
    return run_dir


def test_a_run_folder_and_its_adapter_folder_give_the_same_adapter(run_dir, tmp_path):
    assert adapter_folder(run_dir.root) == adapter_folder(run_dir.adapter) == run_dir.adapter
    with pytest.raises(ModelError, match="neither an adapter folder nor a run folder"):
        adapter_folder(tmp_path)


def test_an_adapter_is_served_with_its_evaluation_settings(run_dir):
    served = load_adapter("tuned", run_dir.root)
    assert (served.beams, served.max_source_tokens) == (2, 200)
    assert served.count_tokens([CHAT])[0] > 10
    assert load_adapter("tuned", run_dir.root, beams=1).beams == 1


def test_the_service_returns_the_summarizers_text_streamed_or_not(run_dir):
    tuned, base = load_adapter("tuned", run_dir.root), load_base(run_dir.root)
    expected = tuned.summarizer.summarize([CHAT])[0].text
    greedy = tuned.summarizer_with_beams(1).summarize([CHAT])[0].text
    untuned = base.summarizer.summarize([CHAT])[0].text
    assert len({greedy, untuned}) == 2, "the adapter must matter, or this test could not fail"

    with TestClient(create_app({"tuned": lambda: tuned}, load_base=lambda: base), base_url=URL) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        ask = {"dialogues": CHAT}
        assert client.post("/summarize", json=ask).json()["summaries"][0]["summary"] == expected
        assert client.post("/summarize", json=ask | {"adapter": "base"}).json()["summaries"][0]["summary"] == untuned
        arrived = events(client.post("/summarize", json=ask | {"stream": True}).text)
    assert "".join(data["text"] for name, data in arrived if name == "piece") == greedy


def test_a_long_dialogue_has_the_summary_of_sumtune_summarize(run_dir, tmp_path):
    folder = tmp_path / "adapter"
    shutil.copytree(run_dir.adapter, folder)
    replace(PROMPT, max_source_tokens=60, long="parts").save(folder)
    (expected,) = build.load_tuned(folder).for_any_length().summarize([LONG_CHAT])
    tuned, base = load_adapter("tuned", folder), load_base(folder)
    with TestClient(create_app({"tuned": lambda: tuned}, load_base=lambda: base), base_url=URL) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        (summary,) = client.post("/summarize", json={"dialogues": LONG_CHAT}).json()["summaries"]
        untuned = client.post("/summarize", json={"dialogues": LONG_CHAT, "adapter": "base"}).json()["summaries"]
    assert (summary["summary"], summary["read"]) == (expected.text, expected.read)
    assert summary["read"].startswith("parts")
    assert untuned[0]["read"] == summary["read"]


def test_ready_and_the_log_name_each_engine_and_why_it_is_not_native(run_dir, own_cache, monkeypatch, caplog):
    def unsupported(*_arguments):
        raise UnsupportedError("CTranslate2 does not know this model.")

    monkeypatch.setenv("SUMTUNE_KERNELS", "0")
    monkeypatch.setattr(build, "_ctranslate2_summarizer", unsupported)
    caplog.set_level(logging.INFO)
    loads = {"tuned": lambda: load_adapter("tuned", run_dir.root)}
    with TestClient(create_app(loads, load_base=lambda: load_base(run_dir.root)), base_url=URL) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        (tuned,) = client.get("/ready").json()["engines"]
        client.post("/summarize", json={"dialogues": CHAT, "adapter": "base"})
        engines = client.get("/ready").json()["engines"]
    assert [engine["model"] for engine in engines] == ["tuned", "base"]
    assert tuned["engine"].startswith("torch")
    assert tuned["slower_because"].endswith(". CTranslate2 does not know this model.")
    (line,) = [line for line in caplog.messages if line.startswith("Loaded tuned in ")]
    assert line.endswith(f"engine: {tuned['engine']}. {tuned['slower_because']}")


def test_only_other_engines_have_slower_because(run_dir):
    served = load_adapter("tuned", run_dir.root)
    assert served.summarizer.engine.startswith("native") == (served.slower_because is None)


DAMAGES = {
    "no settings": lambda folder: (folder / "sumtune.json").unlink(),
    "settings are no JSON": lambda folder: (folder / "sumtune.json").write_text("{"),
    "settings are a list": lambda folder: (folder / "sumtune.json").write_text("[]"),
    "settings lack the model": lambda folder: (folder / "sumtune.json").write_text("{}"),
    "no prompt": lambda folder: (folder / "prompt.json").unlink(),
    "prompt is no JSON": lambda folder: (folder / "prompt.json").write_bytes(b"\xff\xfe"),
    "no configuration": lambda folder: (folder / "adapter_config.json").unlink(),
    "configuration is no JSON": lambda folder: (folder / "adapter_config.json").write_text("null"),
    "no weights": lambda folder: (folder / "adapter_model.safetensors").unlink(),
    "weights are cut": lambda folder: (folder / "adapter_model.safetensors").write_bytes(b"\x08" * 100),
}


@pytest.fixture(scope="module")
def loading(run_dir, tmp_path_factory):
    """Client that may load adapters, and their root folder."""
    root = tmp_path_factory.mktemp("adapters")
    loads = {"tuned": lambda: loaded_model("tuned", EchoSummarizer())}
    app = create_app(loads, load_adapter=load_adapter, settings=admin_settings(root))
    with TestClient(app, base_url=URL, headers=bearer(ADMIN)) as client:
        yield client, root


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_adapter_is_refused_and_the_service_continues(run_dir, loading, damage, caplog, request):
    client, root = loading
    folder = root / request.node.callspec.id.replace(" ", "-")
    shutil.copytree(run_dir.adapter, folder)
    damage(folder)
    answer = client.post("/adapters", json={"name": "new", "folder": folder.name})
    assert answer.status_code == 422
    assert len(answer.json()["detail"].split()) > 3
    assert not [record for record in caplog.records if record.exc_info]
    assert [adapter["name"] for adapter in client.get("/adapters").json()] == ["tuned"]


def test_a_missing_base_model_stops_the_service_with_the_reason(run_dir, tmp_path):
    broken = RunDir(tmp_path / "run")
    shutil.copytree(run_dir.adapter, broken.adapter)
    settings = json.loads((run_dir.adapter / "sumtune.json").read_text())
    settings["model"]["name"] = "./gone"
    (broken.adapter / "sumtune.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"There is no model at '\./gone'"):
        server.run(broken, "127.0.0.1", 0, settings=ServeSettings(workers=1))
