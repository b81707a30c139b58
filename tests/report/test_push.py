"""`sumtune push` against a local fake of the hub: what arrives, and what is refused before anything is sent."""

import json

import fake_hub
import pytest
from huggingface_hub import ModelCard, constants
from typer.testing import CliRunner

from sumtune import cli
from sumtune.commands.push import push_run
from sumtune.errors import ConfigError, RunDirError
from sumtune.model.adapter_files import read_settings

FILES = {"README.md", "NOTICE", "adapter_model.safetensors", "adapter_config.json", "prompt.json", "sumtune.json"}


@pytest.fixture
def hub(monkeypatch):
    with fake_hub.running_hub() as hub:
        hub.use(monkeypatch)
        yield hub


def test_the_adapter_and_its_card_arrive_and_nothing_else(run, hub, tmp_path):
    result = CliRunner().invoke(cli.app, ["push", "ann/chats", "--run-dir", str(run.root)])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == f"{hub.url}/ann/chats"
    repository = hub.repositories["ann/chats"]
    assert not repository["private"]
    assert repository["files"].keys() == FILES
    for name, content in repository["files"].items():
        (tmp_path / name).write_bytes(content)
    weights = (run.adapter / "adapter_model.safetensors").read_bytes()
    assert repository["files"]["adapter_model.safetensors"] == weights
    assert ModelCard.load(tmp_path / "README.md").data.model_name == "chats"
    assert read_settings(tmp_path).model.name == "embedded", "its checksums are those of the uploaded files"
    everything = b"".join(repository["files"].values())
    assert not any(word in everything for word in (b"Zebulon", b"secret-folder", str(run.root).encode()))
    assert json.loads(repository["files"]["adapter_config.json"])["base_model_name_or_path"] == "google/gemma-3-270m"


def test_private_is_private_and_never_sent_to_a_public_repository(run, hub):
    push_run(run, "ann/mine", private=True)
    push_run(run, "ann/mine", private=True)
    assert hub.repositories["ann/mine"]["private"]
    hub.repositories["ann/open"] = {"private": False, "files": {}}
    with pytest.raises(ConfigError, match="public: nothing was uploaded"):
        push_run(run, "ann/open", private=True)
    assert hub.repositories["ann/open"]["files"] == {}


@pytest.mark.parametrize("name", ["chats", "a/b/c", "ann/ch ats", "ann/--", ""])
def test_a_wrong_name_is_refused_before_anything_is_sent(run, hub, name):
    with pytest.raises(ConfigError, match="cannot be the name of a repository"):
        push_run(run, name, private=False)
    assert hub.requests == []


def test_a_missing_token_and_an_offline_machine_say_what_to_do(run, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(ConfigError, match="hf auth login"):
        push_run(run, "ann/chats", private=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="cannot be reached"):
        push_run(run, "ann/chats", private=False)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://no-such-host.invalid")
    with pytest.raises(ConfigError, match="seems offline"):
        push_run(run, "ann/chats", private=False)
    assert hub.repositories == {}


def test_a_damaged_adapter_is_not_uploaded(own_run, hub):
    (own_run.adapter / "adapter_config.json").write_text("{}")
    with pytest.raises(RunDirError, match=r"adapter_config\.json is missing or has changed"):
        push_run(own_run, "ann/chats", private=False)
    assert hub.requests == []
