"""Several processes train what one trains. Here, threads with sessions of their own stand in for the processes."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from sumtune.config_resolution import resolve
from sumtune.errors import ConfigError
from sumtune.train import session as training
from sumtune.train.checkpoint import list_checkpoints
from sumtune.train.event_log import Event, read_events
from sumtune.train.followers import call_followers, dismiss_followers, follow, require_shareable
from sumtune.train.process_group import Group, ProcessLostError, joined
from sumtune.train.session import Session

pytestmark = pytest.mark.e2e

Make = Callable[..., Session]
CHANGED = {"train.epochs": 2, "train.learning_rate": 1e-3}


class Room:
    """Where the threads of a group meet."""

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size, timeout=60)
        self.tensors: dict[int, Tensor] = {}
        self.files: dict[str, bytes] = {}

    def wait(self) -> None:
        try:
            self.barrier.wait()
        except threading.BrokenBarrierError:
            raise ProcessLostError("lost") from None


@dataclass(frozen=True)
class ThreadGroup(Group):
    room: Any = None

    def add(self, tensor: Tensor) -> None:
        self.room.tensors[self.rank] = tensor.clone()
        self.room.wait()
        total = sum(self.room.tensors[rank] for rank in range(self.size))
        self.room.wait()
        tensor.copy_(total)

    def from_leader(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        if self.leads:
            self.room.files = dict(files)
        self.room.wait()
        found = dict(self.room.files)
        self.room.wait()
        return found


def train_with(
    make: Callable[[], Session], size: int, *, resume: bool = False, lost_at: int | None = None
) -> tuple[Path, list[Event]]:
    """Train with `size` threads, and return the run folder and the events; one follower dies in step `lost_at`."""
    room, events = Room(size), []
    session = replace(make(), group=ThreadGroup(0, size, room))

    def lead() -> None:
        def report(event: Event) -> None:
            events.append(event)
            if lost_at is not None and event["event"] == "step" and event["step"] == lost_at:
                room.barrier.abort()

        call_followers(session, resume)
        training.run(session, report, resume)
        dismiss_followers(session.group)

    with ThreadPoolExecutor(size) as pool:
        others = [pool.submit(follow, ThreadGroup(rank, size, room)) for rank in range(1, size)]
        try:
            lead()
        finally:
            room.barrier.abort()
            for other in others:
                other.result()
    return session.run_dir.root, events


def adapter(run_folder: Path) -> Tensor:
    tensors = load_file(run_folder / "model_trainer" / "adapter" / "adapter_model.safetensors")
    return torch.cat([tensors[name].flatten() for name in sorted(tensors)])


def assert_same(found: Path, expected: Path) -> None:
    torch.testing.assert_close(adapter(found), adapter(expected), rtol=1e-3, atol=2e-5)


@pytest.fixture(autouse=True)
def _one_new_adapter_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """PEFT draws the first weights from torch's global generator, which threads share and processes do not."""
    lock, prepare = threading.Lock(), training.prepare

    def locked(*args: Any, **kwargs: Any) -> Session:
        with lock:
            return prepare(*args, **kwargs)

    monkeypatch.setattr(training, "prepare", locked)


@pytest.fixture(scope="module")
def alone(session_in: Make, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run folders of one process, by model."""
    folders = {}
    for name in ("gemma", "t5"):
        session = session_in(tmp_path_factory.mktemp(name), name, changed=CHANGED)
        training.run(session, lambda _event: None)
        folders[name] = session.run_dir.root
    return folders


@pytest.mark.parametrize(("name", "size"), [("gemma", 2), ("gemma", 4), ("t5", 3)])
def test_several_processes_train_what_one_trains(
    session_in: Make, tmp_path: Path, alone: dict[str, Path], name: str, size: int
) -> None:
    found, events = train_with(lambda: session_in(tmp_path, name, changed=CHANGED), size)
    assert_same(found, alone[name])
    losses = [
        [event["loss"] for event in those if event["event"] in ("step", "validation")]
        for those in (events, read_events(alone[name] / "model_trainer" / "metrics.jsonl"))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_lost_process_costs_nothing_and_any_number_goes_on(
    session_in: Make, tmp_path: Path, alone: dict[str, Path]
) -> None:
    def make() -> Session:
        return session_in(tmp_path, "gemma", changed=CHANGED)

    with pytest.raises(ProcessLostError):
        train_with(make, 2, lost_at=7)
    assert list_checkpoints(make().run_dir.trainer)[-1].name == "checkpoint-7"
    with pytest.raises(ProcessLostError):
        train_with(make, 3, resume=True, lost_at=9)
    found, _ = train_with(make, 1, resume=True)
    assert_same(found, alone["gemma"])


def test_learning_to_rank_is_refused() -> None:
    config = resolve(overrides={"rank.candidates": 2})
    require_shareable(config, Group())
    with pytest.raises(ConfigError, match="one process"):
        require_shareable(config, Group(0, 2))


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as group:
        assert (group.rank, group.size, group.any(True), group.any(False)) == (0, 1, True, False)


@pytest.mark.parametrize("settings", [{"train.within": "9m"}, {"train.stop_early": True}])
def test_what_depends_on_the_clock_has_one_process(settings: dict[str, object]) -> None:
    config = resolve(overrides=settings)
    require_shareable(config, Group())
    with pytest.raises(ConfigError, match="start without torchrun"):
        require_shareable(config, Group(0, 2))
