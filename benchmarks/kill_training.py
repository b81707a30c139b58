"""Checks that a killed training resumes exactly: kills it at random moments and compares the adapter bit for bit.

Run: python benchmarks/kill_training.py --kills 200 --seed 0            # tiny random models of both families
     python benchmarks/kill_training.py --kills 20 --seed 0 --embedded  # the embedded model, a few optimizer steps

Half of the kills hit a named point (see `sumtune/files/failpoints.py`), half a random moment. Prints `survived N/N`.
"""

import argparse
import hashlib
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sumtune.files.failpoints import KILL_AT, POINTS

TINY = (
    "train.learning_rate=0.01", "train.validate_every_steps=4", "train.validation_examples=6",
    "train.micro_batch_tokens=256", "model.max_source_tokens=128", "model.max_target_tokens=32", "model.precision=fp32",
    "lora.rank=4",
)  # fmt: skip
EMBEDDED = (
    "data.train_share=0.1", "train.epochs=1", "train.validate_every_steps=2", "train.validation_examples=4",
    "decode.beams=1",
)  # fmt: skip
RANKING = ("rank.candidates=3", "rank.half_epochs=1", "train.epochs=1")
TIMES = {"file": 27, "folder": 10, "draft": 3, "checkpoint": 6, "step": 18, "candidates": 2}
"""About how many times a run passes the points of each kind."""


@dataclass(frozen=True)
class Setting:
    """Command-line options for a model and data, and the adapter and seconds of an undisturbed run."""

    name: str
    arguments: tuple[str, ...]
    adapter: str
    seconds: float

    @property
    def ranks(self) -> bool:
        """Whether the runs learn to rank."""
        return RANKING[0] in self.arguments


def main() -> None:
    """Kill and resume runs, and compare the adapters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embedded", action="store_true")
    given = parser.parse_args()
    chance, survived, where = random.Random(given.seed), 0, Counter()
    read_code()

    with tempfile.TemporaryDirectory() as root:
        settings = embedded(Path(root)) if given.embedded else tiny_models(Path(root))
        for number in range(given.kills):
            setting = settings[number % len(settings)]
            moment, same = survives(setting, Path(root) / f"run-{number}", chance)
            where[moment] += 1
            survived += same
            if not same:
                print(f"NOT the same after a kill at {moment} ({setting.name})")
    print(", ".join(f"{moment} {count}" for moment, count in sorted(where.items())))
    print(f"survived {survived}/{given.kills}")
    sys.exit(survived != given.kills)


def read_code() -> None:
    """Import what a run needs, because each run is a fork of this process and imports take most of its time."""
    for name in ("sumtune.commands.pipeline", "peft", "transformers.models.gemma3.modeling_gemma3",
                 "transformers.models.t5.modeling_t5", "transformers.models.gemma.tokenization_gemma"):  # fmt: skip
        importlib.import_module(name)


def tiny_models(root: Path) -> list[Setting]:
    """Return settings for both model families, with 22 training examples and 18 optimizer steps, and with ranking."""
    import tiny

    tiny.write_jsonl(root / "data" / "train.jsonl", 22)
    tiny.write_jsonl(root / "data" / "validation.jsonl", 8, start=50)
    tiny.write_jsonl(root / "data" / "test.jsonl", 4, start=70)
    settings = []
    for name in ("gemma", "t5"):
        model = run_apart(lambda name=name: tiny.save_model(name, root / name), root / "log")
        assert model == 0
        more = ("--model", str(root / name), "--data", str(root / "data"), *sets(TINY))
        settings.append(undisturbed(name, more, root))
        settings.append(undisturbed(f"{name} with ranking", (*more, *sets(RANKING)), root))
    return settings


def embedded(root: Path) -> list[Setting]:
    """Return the setting of the embedded model on a tenth of the embedded data, for one epoch."""
    return [undisturbed("embedded", sets(EMBEDDED), root)]


def sets(assignments: tuple[str, ...]) -> tuple[str, ...]:
    """Return `assignments` as command-line options."""
    return tuple(part for assignment in assignments for part in ("--set", assignment))


def undisturbed(name: str, arguments: tuple[str, ...], root: Path) -> Setting:
    """Run without a kill; return the setting with the resulting adapter and time."""
    begun, folder = time.monotonic(), root / f"straight-{name.replace(' ', '-')}"
    code = train(arguments, folder)
    assert code == 0, (folder / "log").read_text()
    setting = Setting(name, arguments, adapter_of(folder), time.monotonic() - begun)
    print(f"{name}: {setting.seconds:.1f} s undisturbed, adapter {setting.adapter[:12]}", flush=True)
    return setting


def survives(setting: Setting, folder: Path, chance: random.Random) -> tuple[str, bool]:
    """Kill a run and resume it; return where it was killed, and whether it produced the same adapter."""
    while True:
        if chance.random() < 0.5:
            point = chance.choice([one for one in POINTS if setting.ranks or not one.startswith("candidates")])
            moment, at, after = point, f"{point}:{chance.randint(1, TIMES[point.partition('.')[0]])}", None
        else:
            moment, at, after = "random time", None, chance.uniform(0.05, setting.seconds)
        if train(setting.arguments, folder, at, after) == -signal.SIGKILL:
            break
        clear(folder)
    code = train(setting.arguments, folder)
    if code != 0:
        print((folder / "log").read_text()[-2000:])
    same = code == 0 and adapter_of(folder) == setting.adapter
    clear(folder)
    return moment, same


def train(arguments: tuple[str, ...], folder: Path, at: str | None = None, after: float | None = None) -> int:
    """Run `sumtune train`, killed at the point `at` or after some seconds, and return its exit code."""
    folder.mkdir(parents=True, exist_ok=True)

    def command() -> None:
        if at is not None:
            os.environ[KILL_AT] = at
        sys.argv = ["sumtune", "train", "--run-dir", str(folder / "run"), *arguments]
        from sumtune.cli import main as sumtune

        sumtune()

    return run_apart(command, folder / "log", after)


def run_apart(work, log: Path, after: float | None = None) -> int:
    """Run `work` in a fork of this process and return its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with log.open("ab") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    deadline = None if after is None else time.monotonic() + after
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if deadline is not None and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = None
        time.sleep(0.005)


def adapter_of(folder: Path) -> str:
    """Return the checksum of the adapter's weights and settings."""
    adapter = folder / "run" / "model_trainer" / "adapter"
    settings = json.loads((adapter / "adapter_config.json").read_text())
    weights = (adapter / "adapter_model.safetensors").read_bytes()
    return hashlib.sha256(weights + json.dumps(settings, sort_keys=True).encode()).hexdigest()


def clear(folder: Path) -> None:
    """Remove a run."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
