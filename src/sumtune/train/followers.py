"""The other processes of a training: they compute their share of each optimizer step, and touch no run folder."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sumtune.config import Config
from sumtune.errors import ConfigError
from sumtune.files.run_dir import RunDir
from sumtune.train import session as training
from sumtune.train.process_group import Group, ProcessLostError
from sumtune.train.session import Session

__all__ = ["call_followers", "dismiss_followers", "follow", "require_shareable"]

TASK = "task.json"
ENCODED = ("train.safetensors", "validation.safetensors", "prompt.json")


def require_shareable(config: Config, group: Group) -> None:
    """Raise ConfigError if `group` cannot share the work of `config`."""
    if group.size > 1 and config.rank.candidates:
        raise ConfigError(
            "Learning to rank runs in one process: start without torchrun, or set rank.candidates=0 (--preset quality)."
        )
    if group.size > 1 and (config.train.within is not None or config.train.stop_early):
        raise ConfigError(
            "A training that ends at a time (--within) or early (train.stop_early) runs in one process, because each "
            "process has its own clock: start without torchrun."
        )


def call_followers(session: Session, resume: bool) -> None:
    """Give the other processes what they need for the training that `session` is about to start."""
    if session.group.size == 1:
        return
    task = {"config": session.config.model_dump(mode="json"), "precision": session.precision.name, "resume": resume,
            "max_tokens": session.max_tokens}  # fmt: skip
    folder = session.run_dir.transformation
    files = {name: (folder / name).read_bytes() for name in ENCODED}
    session.group.from_leader(files | {TASK: json.dumps(task).encode()})


def dismiss_followers(group: Group) -> None:
    """Let the other processes end."""
    if group.size > 1 and group.leads:
        group.from_leader({})


def follow(group: Group) -> None:
    """Take part in every training of the leader, until it needs no more help or ends."""
    try:
        while files := group.from_leader({}):
            _take_part(files, group)
    except ProcessLostError:
        return  # the leader says why


def _take_part(files: dict[str, bytes], group: Group) -> None:
    task = json.loads(files.pop(TASK))
    with TemporaryDirectory(prefix="sumtune-") as folder:
        run_dir = RunDir(Path(folder))
        run_dir.transformation.mkdir(parents=True)
        for name in ENCODED:
            (run_dir.transformation / name).write_bytes(files[name])
        session = training.prepare(Config.model_validate(task["config"]), run_dir, task["precision"])
        training.fit(replace(session, max_tokens=task["max_tokens"], group=group), lambda _event: None, task["resume"])
