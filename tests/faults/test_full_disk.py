"""On a full disk the newest checkpoint stays, and the message says what to do."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError

from sumtune.errors import RunDirError
from sumtune.train import checkpoint, disk_space
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.session import Session

FULL = [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("I/O error: No space left (os error 28)")]


@pytest.fixture(scope="module")
def straight(session_in: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The adapter of a run that nothing disturbs."""
    session = session_in(tmp_path_factory.mktemp("straight"), "llama")
    training.run(session, lambda _: None)
    return (session.run_dir.adapter / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("full", FULL, ids=["file", "safetensors"])
@pytest.mark.parametrize("call", [3, 4])
def test_what_was_saved_stays_and_the_run_goes_on_with_room(
    session_in: Callable[..., Session],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    straight: bytes,
    full: Exception,
    call: int,
) -> None:
    calls, save_file = [0], checkpoint.save_file

    def failing(*arguments: object, **options: object) -> None:
        calls[0] += 1
        if calls[0] >= call:
            raise full
        save_file(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", failing)
        with pytest.raises(RunDirError, match=r"full at step \d+.*continue from checkpoint-\d+"):
            training.run(session_in(tmp_path, "llama"), lambda _: None)
    session = session_in(tmp_path, "llama")
    assert not list(session.run_dir.trainer.glob(".*.tmp")), "nothing half written"
    training.run(session, lambda _: None, resume=True)
    assert (session.run_dir.adapter / "adapter_model.safetensors").read_bytes() == straight


def test_old_checkpoints_make_room(
    session_in: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, save_file, removed = session_in(tmp_path, "llama"), checkpoint.save_file, []
    remove = checkpoint.prune

    def failing(*arguments: object, **options: object) -> None:
        if len(checkpoint.list_checkpoints(session.run_dir.trainer)) >= 2 and not removed:
            raise FULL[0]
        save_file(*arguments, **options)  # type: ignore[arg-type]

    def prune(folder: Path, keep: int, state: TrainState) -> list[Path]:
        gone = remove(folder, keep, state)
        removed.extend(gone if keep == 1 else [])
        return gone

    monkeypatch.setattr(checkpoint, "save_file", failing)
    monkeypatch.setattr(checkpoint, "prune", prune)
    assert training.run(session, lambda _: None).step == session.plan.total_steps
    assert removed


def test_making_room_for_a_new_best_spares_the_best_that_is_saved(
    session_in: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, save_file = session_in(tmp_path, "llama", "run", {"train.result": "best"}), checkpoint.save_file
    losses = iter([5.0, 2.0, 4.0, 1.0])

    def failing(*arguments: object, **options: object) -> None:
        if (session.run_dir.trainer / "checkpoint-6").exists():
            raise FULL[0]
        save_file(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "save_file", failing)
    monkeypatch.setattr(training, "validation_loss", lambda _session: next(losses))
    with pytest.raises(RunDirError, match="continue from checkpoint-6"):
        training.run(session, lambda _: None)
    left = checkpoint.list_checkpoints(session.run_dir.trainer)
    assert [path.name for path in left] == ["checkpoint-4", "checkpoint-6"]
    assert checkpoint.load_state(left[-1]).best_step == 4


def test_too_little_room_is_said_before_the_run(tmp_path: Path) -> None:
    disk_space.require_free_space(tmp_path, 1)
    with pytest.raises(RunDirError, match="Free another"):
        disk_space.require_free_space(tmp_path, 10**18)
