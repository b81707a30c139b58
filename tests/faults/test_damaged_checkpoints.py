"""A damaged checkpoint is left out for the one before; where there is none, the run says so."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from damaging import DAMAGES, flip

from sumtune.commands.clean import clean_run
from sumtune.errors import RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.session import Session

FILES = ["adapter_config.json", "adapter_model.safetensors", "manifest.json", "optimizer.safetensors", "state.json"]


@pytest.fixture(scope="module")
def trainer(session_in: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trainer's folder of a finished run with its two newest checkpoints."""
    session = session_in(tmp_path_factory.mktemp("whole"), "llama", "run", {"train.epochs": 1})
    training.run(session, lambda _: None)
    return session.run_dir.trainer


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_the_one_before_is_taken(trainer: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]) -> None:
    folder = copytree(trainer, tmp_path / "trainer")
    *_, before, last = checkpoint.list_checkpoints(folder)
    assert checkpoint.latest_intact(folder) == (last, [])
    damage(last / name)
    found, wrong = checkpoint.latest_intact(folder)
    assert found == before
    assert len(wrong) == 1
    assert last.name in wrong[0]
    for each in checkpoint.list_checkpoints(folder):
        if each != last:
            damage(each / name)
    assert checkpoint.latest_intact(folder)[0] is None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_cleaning_keeps_the_newest_whole_one(
    trainer: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    run_dir = RunDir(tmp_path / "run")
    copytree(trainer, run_dir.trainer)
    *_, before, last = checkpoint.list_checkpoints(run_dir.trainer)
    damage(last / name)
    (run_dir.trainer / f"{before.name}.native-0123.safetensors").write_bytes(b"kept to generate with")
    clean_run(run_dir)
    assert checkpoint.latest_intact(run_dir.trainer) == (before, [])
    assert not list(run_dir.trainer.glob("*.native-*"))


def test_a_run_without_a_whole_checkpoint_is_refused(session_in: Callable[..., Session], tmp_path: Path) -> None:
    session = session_in(tmp_path, "llama", "run", {"train.epochs": 1})
    training.run(session, lambda _: None)
    for each in checkpoint.list_checkpoints(session.run_dir.trainer):
        flip(each / "optimizer.safetensors")
    with pytest.raises(RunDirError, match=r"no checkpoint to resume from.*has changed"):
        training.run(session, lambda _: None, resume=True)


def test_every_file_of_a_checkpoint_is_summed(trainer: Path) -> None:
    last = checkpoint.list_checkpoints(trainer)[-1]
    assert sorted(file.name for file in last.iterdir()) == FILES
