"""The final adapter is on the disk before the manifest, and is restored from its checkpoint if damaged."""

import os
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from damaging import DAMAGES

from sumtune.files.atomic import write_json
from sumtune.files.records import read_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.train import session as training
from sumtune.train.final_adapter import adapter_damage, finished, save_final_adapter
from sumtune.train.session import Session

FILES = ["adapter_config.json", "adapter_model.safetensors", "prompt.json", "summary_tokens.json", "sumtune.json"]
SETTINGS = {"train.epochs": 1}


@pytest.fixture(scope="module")
def whole(session_in: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A finished run."""
    session = session_in(tmp_path_factory.mktemp("whole"), "llama", "run", SETTINGS)
    training.run(session, lambda _: None)
    return session


@pytest.fixture
def run_dir(whole: Session, tmp_path: Path) -> RunDir:
    """A copy of the folder of the finished run."""
    return RunDir(copytree(whole.run_dir.root, tmp_path / "run"))


def test_an_intact_adapter_is_finished(whole: Session, run_dir: RunDir) -> None:
    assert sorted(path.name for path in run_dir.adapter.iterdir()) == FILES
    assert adapter_damage(run_dir) is None
    assert finished(whole.config, run_dir)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", DAMAGES)
def test_a_damaged_file_is_named_and_the_run_is_not_finished(
    whole: Session, run_dir: RunDir, name: str, change: Callable[[Path], None]
) -> None:
    change(run_dir.adapter / name)
    assert name in (adapter_damage(run_dir) or "")
    assert not finished(whole.config, run_dir)


def test_changed_decoding_settings_are_not_damage(whole: Session, run_dir: RunDir) -> None:
    settings = read_record(run_dir.adapter / "sumtune.json")
    write_record(run_dir.adapter / "sumtune.json", settings | {"decode": settings["decode"] | {"beams": 9}})
    assert finished(whole.config, run_dir)


@pytest.mark.parametrize("lost", [["adapter"], ["adapter", MANIFEST], [MANIFEST], ["adapter/prompt.json"]])
def test_repeating_publishes_the_same_adapter_again(
    session_in: Callable[..., Session], tmp_path: Path, run_dir: RunDir, lost: list[str]
) -> None:
    expected = {name: (run_dir.adapter / name).read_bytes() for name in FILES}
    for name in lost:
        path = run_dir.trainer / name
        rmtree(path) if path.is_dir() else path.unlink()
    session = session_in(tmp_path, "llama", "run", SETTINGS)
    training.run(session, lambda _: None, resume=True)
    assert {name: (run_dir.adapter / name).read_bytes() for name in FILES} == expected
    assert finished(session.config, run_dir)


def test_the_adapter_and_the_log_are_on_the_disk_before_the_manifest_appears(
    whole: Session, run_dir: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    state = training.checkpoint.load_state(training.checkpoint.latest_intact(run_dir.trainer)[0])
    monkeypatch.setattr(os, "fsync", fsync)
    save_final_adapter(whole.config, run_dir, state)
    manifest = synced.index(f".{MANIFEST}.tmp")
    assert {*FILES, ".adapter.tmp", "model_trainer", "metrics.jsonl"} <= set(synced[:manifest])


def test_a_manifest_without_sums_proves_nothing(whole: Session, run_dir: RunDir) -> None:
    manifest = read_record(run_dir.trainer / MANIFEST)
    write_json(run_dir.trainer / MANIFEST, {"fingerprint": manifest["fingerprint"]})
    assert not finished(whole.config, run_dir)
