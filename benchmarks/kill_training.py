"""Checks that a killed training resumes exactly: kills it at random moments and compares the adapter bit for bit.

Run: python benchmarks/kill_training.py --kills 200 --seed 0            # tiny random models of both families
     python benchmarks/kill_training.py --kills 200 --seed 0 --ranking  # only runs that learn to rank
     python benchmarks/kill_training.py --kills 20 --seed 0 --embedded  # the embedded model, a few optimizer steps

A run is killed and started again up to `MOST_KILLS` times, and then ends. Half of the kills hit a named point (see
`sumtune/files/failpoints.py`), half a random moment. Prints the stages and points where each run was killed, and
`survived N/N`: the kills of all runs whose adapter is that of an undisturbed run.
"""

import argparse
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import count
from math import ceil
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
RANKING = ("rank.candidates=6", "rank.half_epochs=1", "rank.epochs=2", "train.epochs=1")
TIMES = {"file": 27, "folder": 10, "draft": 3, "checkpoint": 6, "step": 18, "candidates": 6, "stage": 6}
"""About how many times a run passes the points of each kind."""
ONLY_RANKING = ("candidates", "stage")
"""Kinds of points that only runs that learn to rank pass."""
CHUNK = 4
"""Examples in a file of candidates, so that each half has three files."""
MOST_KILLS = 12
"""Most kills of a run."""
SHARE = 0.4
"""A restarted run is killed within this share of its passes and time, so that most runs are killed several times."""


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
    parser.add_argument("--ranking", action="store_true")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no further run after this time")
    given = parser.parse_args()
    chance, survived, where = random.Random(given.seed), 0, list[tuple[str, str]]()
    end = time.monotonic() + 60 * given.minutes
    read_code()

    with tempfile.TemporaryDirectory() as root:
        settings = [embedded()] if given.embedded else tiny_models(Path(root), given.ranking)
        for number in count():
            most = min(MOST_KILLS, given.kills - len(where))
            if most == 0 or time.monotonic() > end:
                break
            setting = undisturbed(*settings[number % len(settings)], Path(root))
            kills, same = killed_run(setting, Path(root) / f"run-{number}", chance, most)
            where += kills
            survived += same * len(kills)
            shown = "; ".join(f"{stage} ({point})" for stage, point in kills)
            print(f"{'survived' if same else 'NOT the same'}, {setting.name}: {shown}", flush=True)
    for part in range(2):
        print(", ".join(f"{name} {times}" for name, times in sorted(Counter(kill[part] for kill in where).items())))
    print(f"survived {survived}/{len(where)}")
    sys.exit(survived != len(where))


def read_code() -> None:
    """Import what a run needs, because each run is a fork of this process and imports take most of its time."""
    for name in ("sumtune.commands.pipeline", "peft", "transformers.models.gemma3.modeling_gemma3",
                 "transformers.models.t5.modeling_t5", "transformers.models.gemma.tokenization_gemma",
                 "ctranslate2", "rouge_score.rouge_scorer"):  # fmt: skip
        importlib.import_module(name)
    importlib.import_module("sumtune.rank.candidates").CHUNK = CHUNK


def tiny_models(root: Path, only_ranking: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return names and options for both model families, with 22 examples and 18 optimizer steps, and with ranking."""
    import tiny

    tiny.write_jsonl(root / "data" / "train.jsonl", 22)
    tiny.write_jsonl(root / "data" / "validation.jsonl", 8, start=50)
    tiny.write_jsonl(root / "data" / "test.jsonl", 4, start=70)
    settings = []
    for name in ("gemma", "t5"):
        model = run_apart(lambda name=name: tiny.save_model(name, root / name), root / "log")
        assert model == 0
        more = ("--model", str(root / name), "--data", str(root / "data"), *sets(TINY))
        if not only_ranking:
            settings.append((name, more))
        settings.append((f"{name} with ranking", (*more, *sets(RANKING))))
    return settings


def embedded() -> tuple[str, tuple[str, ...]]:
    """Return the name and the options of the embedded model on a tenth of the embedded data, for one epoch."""
    return "embedded", sets(EMBEDDED)


def sets(assignments: tuple[str, ...]) -> tuple[str, ...]:
    """Return `assignments` as command-line options."""
    return tuple(part for assignment in assignments for part in ("--set", assignment))


@cache
def undisturbed(name: str, arguments: tuple[str, ...], root: Path) -> Setting:
    """Run without a kill, once; return the setting with the resulting adapter and time."""
    begun, folder = time.monotonic(), root / f"straight-{name.replace(' ', '-')}"
    code = train(arguments, folder)
    assert code == 0, (folder / "log").read_text()
    setting = Setting(name, arguments, adapter_of(folder), time.monotonic() - begun)
    print(f"{name}: {setting.seconds:.1f} s undisturbed, adapter {setting.adapter[:12]}", flush=True)
    return setting


def killed_run(setting: Setting, folder: Path, chance: random.Random, most: int) -> tuple[list[tuple[str, str]], bool]:
    """Kill and restart a run up to `most` times; return stages and points of the kills, and if its adapter is right.

    Fewer kills happen if the run ends before it comes to the chosen moment.
    """
    kills: list[tuple[str, str]] = []
    code = -signal.SIGKILL
    while code == -signal.SIGKILL and len(kills) < most:
        name, at, after = moment(setting, chance)
        code = train(setting.arguments, folder, at, after)
        if code == -signal.SIGKILL:
            kills.append((stage_of(folder / "run"), name))
    if code == -signal.SIGKILL:
        code = train(setting.arguments, folder)
    if code != 0:
        print((folder / "log").read_text()[-2000:])
    same = code == 0 and adapter_of(folder) == setting.adapter
    shutil.rmtree(folder)
    return kills, same


def moment(setting: Setting, chance: random.Random) -> tuple[str, str | None, float | None]:
    """Return the name of a random moment, and its point with the number of the pass, or its seconds after the start."""
    if chance.random() < 0.5:
        return "random time", None, chance.uniform(0.05, SHARE * setting.seconds)
    kinds = [kind for kind in TIMES if setting.ranks or kind not in ONLY_RANKING]
    kind = chance.choice(kinds)
    point = chance.choice([one for one in POINTS if one.partition(".")[0] == kind])
    return point, f"{point}:{chance.randint(1, ceil(SHARE * TIMES[kind]))}", None


def stage_of(run: Path) -> str:
    """Return the stage of a run that was killed."""
    from sumtune.train.session import HALVES

    trainer = run / "model_trainer"
    if (trainer / "adapter").exists():
        return "published"
    if (trainer / "ranking").exists():
        return "ranking"
    halves = [half for half in HALVES if (trainer / half / "manifest.json").exists()]
    written = len(list((trainer / "candidates").glob("*.safetensors")))
    if len(halves) == len(HALVES):
        return f"candidates, {written} files written"
    if (trainer / "supervised").exists():
        return f"half {len(halves) + 1}"
    return "references" if trainer.exists() else "data"


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


if __name__ == "__main__":
    main()
