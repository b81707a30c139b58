"""A wall clock that jumps (summer time, a server that sets it, a battery that was empty) changes nothing."""

import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from sumtune.errors import StoppedError
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.session import Session


def test_jumps_of_the_clock_change_neither_adapter_nor_seconds(
    session_in: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = session_in(tmp_path, "llama", "straight")
    training.run(straight, lambda _: None)
    calls, real = count(), time.time()
    monkeypatch.setattr(time, "time", lambda: real + (-1) ** next(calls) * 1e8)
    jumping = session_in(tmp_path, "llama", "jumping")

    def stop_at_nine(event: dict) -> None:
        if event["event"] == "step" and event["step"] == 9:
            raise StoppedError("here")

    with pytest.raises(StoppedError):
        training.run(jumping, stop_at_nine)
    for age, saved in enumerate(checkpoint.list_checkpoints(jumping.run_dir.trainer)):
        os.utime(saved, (1e9 - age, 1e9 - age))  # the newest has the oldest date
    state = training.run(session_in(tmp_path, "llama", "jumping"), lambda _: None, resume=True)
    adapters = [(each.run_dir.adapter / "adapter_model.safetensors").read_bytes() for each in (straight, jumping)]
    assert adapters[0] == adapters[1]
    assert 0 < state.elapsed_s < 600
