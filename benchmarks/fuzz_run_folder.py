"""Checks damaged run folders: every command ends in one message, or with the result of the undamaged folder.

Run: python benchmarks/fuzz_run_folder.py --times 2000 --seed 0

Each trial damages one file in the folder of a finished or interrupted run of a tiny model and runs one command. Prints
`N passed`.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import small_runs
import tiny
from small_runs import RUN, SETTINGS, config, console

from sumtune.commands import pipeline
from sumtune.commands.clean import clean_run
from sumtune.commands.compare import compare_runs
from sumtune.commands.evaluate import evaluate_run
from sumtune.commands.run_record import recorded_config
from sumtune.commands.summarize import summarize_text
from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.diagnose.diagnosis import to_json
from sumtune.errors import SumtuneError
from sumtune.files.records import read_record
from sumtune.files.run_dir import RunDir
from sumtune.model import precision
from sumtune.serve.loading import adapter_folder, load_adapter
from sumtune.serve.routes.pages import read_run_scores
from sumtune.train import checkpoint

LIMIT_S = 120
OTHER, WHOLE = RunDir(Path("other")), RunDir(Path("whole"))
PASSED = ("refused", "unharmed")
TEXT = tiny.conversation(77)["dialogue"]
CIRCULAR = ("run `sumtune run", "repeat the `sumtune run`")
"""Advice that `sumtune run` itself must never give."""


@dataclass(frozen=True)
class Case:
    """One damage and the command that is run after it."""

    state: str
    """`finished` or `interrupted`."""
    file: Path
    damage: str
    command: str


def main() -> None:
    """Damage run folders, run commands, and print the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", choices=sorted(tiny.ARCHITECTURES), default="gemma")
    given = parser.parse_args()
    chance, outcomes, passed = random.Random(given.seed), Counter(), 0
    SETTINGS["decode.engine"] = "auto"
    with tempfile.TemporaryDirectory() as root:
        os.environ["SUMTUNE_CACHE"] = f"{root}/cache"
        places = small_runs.make_places(Path(root), tiny.save_model(given.model, Path(root) / given.model))
        fuzz = Fuzz.of(places)
        pipeline.train(config(train__seed=1, data__train_share=0.8), OTHER, console())
        for _ in range(given.times):
            case = fuzz.drawn(chance)
            outcome = fuzz.judged(case, chance)
            outcomes[case.command, outcome.splitlines()[0]] += 1
            passed += outcome in PASSED
            if outcome not in PASSED:
                print(f"{case}: {outcome}", flush=True)
    for (command, outcome), count in sorted(outcomes.items()):
        print(f"{command:10} {outcome:16} {count}")
    print(f"{passed} passed" + (f", {given.times - passed} failed" if passed < given.times else ""))
    sys.exit(passed < given.times)


@dataclass(frozen=True)
class Fuzz:
    """Undamaged run folders by state, and the result of each command on the finished one."""

    whole: dict[str, Path]
    expected: dict[str, object]

    @classmethod
    def of(cls, places: Path) -> "Fuzz":
        """Score the finished run in `places`, compute the expected results, and change to the folder without a run."""
        precision._product_seconds = lambda *_: 1.0  # otherwise its measurement changes what is generated
        os.chdir(places / "finished")
        for command in (run, summarize):  # `summarize` builds the adapter's engines
            command(RUN)
        os.chdir(places / "new")
        shutil.copytree(places / "finished" / RUN.root, RUN.root)
        expected = {name: command(RUN) for name, command in COMMANDS.items() if name not in ("compare", "serve")}
        fuzz = cls({state: places / state / RUN.root for state in ("finished", "interrupted")}, expected)
        shutil.copytree(fuzz.whole["finished"], WHOLE.root)
        fuzz.expected.update({name: COMMANDS[name](RUN) for name in ("compare", "serve")})
        return fuzz

    def drawn(self, chance: random.Random) -> Case:
        """Return a random case."""
        state = chance.choice(["finished", "finished", "finished", "interrupted"])
        folder = self.whole[state]
        files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix)
        command = chance.choice(list(COMMANDS)) if state == "finished" else "run"
        file = chance.choice(files)
        damages = [name for name in DAMAGES if file.suffix == ".json" or name not in OF_JSON]
        if state == "interrupted" and file.name == "metrics.jsonl":
            damages.remove("foreign")  # a log that is still growing has no checksum
        return Case(state, file, chance.choice(damages), command)

    def judged(self, case: Case, chance: random.Random) -> str:
        """Return `refused` (one message), `unharmed` (the same result as without damage), or what went wrong."""
        shutil.rmtree(RUN.root, ignore_errors=True)
        shutil.copytree(self.whole[case.state], RUN.root)
        damage(RUN.root / case.file, case.damage, chance)
        signal.signal(signal.SIGALRM, hang)
        signal.alarm(LIMIT_S)
        try:
            found = COMMANDS[case.command](RUN)
        except SumtuneError as error:
            return refusal(str(error), case.command)
        except TimeoutError:
            return "hang"
        except Exception:
            return "traceback\n" + traceback.format_exc()
        finally:
            signal.alarm(0)
        wrong = difference(found, self.expected[case.command])
        return f"silent wrong use\n{wrong}" if wrong else "unharmed"


def refusal(message: str, command: str) -> str:
    """Return `refused` for a message that is neither empty nor circular, otherwise what is wrong with it."""
    if not message.strip():
        return "refused without a word"
    if command == "run" and any(words in message for words in CIRCULAR):
        return f"circular message\n{message}"
    return "refused"


def difference(found: object, expected: object) -> str:
    """Return a short text about what differs; "" if nothing does.

    A diagnosis may be shorter if data or part of the training log are missing.
    """
    if isinstance(found, dict) and isinstance(expected, dict):
        known = all(place.exists() for place in (RUN.train_metrics, RUN.ingestion, RUN.transformation, RUN.evaluation))
        known = known and "damaged or missing" not in RUN.train_metrics.read_text()
        keys = [key for key in {**expected, **found} if known or key not in DIAGNOSED]
        return ", ".join(key for key in keys if found.get(key) != expected.get(key))
    return "" if found == expected else f"{str(found)[:300]} instead of {str(expected)[:300]}"


def hang(*_: object) -> None:
    """Raise an error when the alarm goes off."""
    raise TimeoutError


def run(run_dir: RunDir) -> dict[str, object]:
    """`sumtune run`: return the content of every file that must be the same."""
    pipeline.run(config(), run_dir, console())
    places = ("data_ingestion", "data_validation", "data_transformation", "model_trainer/adapter", "model_evaluation")
    files = [file for place in places for file in sorted((run_dir.root / place).iterdir())]
    files += [run_dir.diagnosis]
    for timed in ("scores.json", "manifest.json"):  # seconds of generation, and the checksum
        files.remove(run_dir.evaluation / timed)
    return {str(file): read_record(file) if file.suffix == ".json" else file.read_bytes() for file in files}


def evaluate(run_dir: RunDir) -> object:
    """`sumtune evaluate`: return the scores and outputs of all systems, and `metrics.csv`."""
    card = evaluate_run(recorded_config(run_dir), run_dir, console())
    metrics = {name: system.metrics for name, system in card.systems.items()}
    return metrics, [example.systems for example in card.examples], (run_dir.evaluation / "metrics.csv").read_bytes()


def diagnose(run_dir: RunDir) -> object:
    """`sumtune diagnose`: return the diagnosis."""
    return to_json(diagnose_run(run_dir))


def compare(run_dir: RunDir) -> object:
    """`sumtune compare`: return the printed comparison of the undamaged folder with this one."""
    shown = console()
    compare_runs([WHOLE, run_dir], shown)
    return shown.file.getvalue()


def summarize(run_dir: RunDir) -> object:
    """`sumtune summarize`: return the summary."""
    return summarize_text(TEXT, run_dir)


def serve(run_dir: RunDir) -> object:
    """`sumtune serve`: start up to the point of listening, and answer one request. Unreadable scores are not shown."""
    served = load_adapter("tuned", adapter_folder(run_dir.root))
    shown, right = read_run_scores(run_dir), read_run_scores(WHOLE)
    return served.summarizer.summarize([TEXT])[0].text, served.beams, shown.n == 0 or shown == right


def clean(run_dir: RunDir) -> object:
    """`sumtune clean`: return whether it keeps the newest intact checkpoint and the best one that belongs to it."""
    whole, _ = checkpoint.latest_intact(run_dir.trainer)
    clean_run(run_dir)
    return whole is None or checkpoint.latest_intact(run_dir.trainer)[0] == whole


COMMANDS: dict[str, Callable[[RunDir], object]] = {
    "run": run, "evaluate": evaluate, "diagnose": diagnose, "compare": compare, "summarize": summarize, "serve": serve,
    "clean": clean,
}  # fmt: skip
DIAGNOSED = {"run/diagnosis.json", "rouge1", "n", "against", "findings", "advice"}
"""Keys of a diagnosis, which depend on what there is to diagnose."""


def damage(file: Path, kind: str, chance: random.Random) -> None:
    """Damage `file`."""
    if kind == "delete":
        file.unlink()
    elif kind == "delete folder":
        shutil.rmtree(file.parent) if file.parent != RUN.root else file.unlink()
    else:
        file.write_bytes(DAMAGES[kind](file, file.read_bytes(), chance))


def flipped(_file: Path, content: bytes, chance: random.Random, bits: int = 1) -> bytes:
    """Return the content with flipped bits."""
    changed = bytearray(content or b"x")
    for _ in range(bits):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(_file: Path, content: bytes, chance: random.Random) -> bytes:
    """Return the content without its end."""
    return content[: chance.randrange(len(content) or 1)]


def zeros(_file: Path, content: bytes, chance: random.Random) -> bytes:
    """Return the content with a block of zeros, as after a power cut."""
    at = chance.randrange(len(content) or 1)
    end = min(len(content), at + chance.randint(1, 4096))
    return content[:at] + bytes(end - at) + content[end:]


def of_another_run(file: Path, content: bytes, _chance: random.Random) -> bytes:
    """Return the content of the same file in another run, if there is one; otherwise the content twice."""
    other = OTHER.root / file.relative_to(RUN.root)
    return other.read_bytes() if other.is_file() else content + content


def of_another_type(_file: Path, _content: bytes, chance: random.Random) -> bytes:
    """Return other JSON."""
    return json.dumps(chance.choice(OTHER_VALUES)).encode()


def with_another_value(_file: Path, content: bytes, chance: random.Random) -> bytes:
    """Return the JSON with one value, at any depth, replaced or deleted."""
    whole = json.loads(content)
    at = whole
    while True:
        key = chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if isinstance(at[key], dict | list) and at[key] and chance.random() < 0.7:
            at = at[key]
        elif chance.random() < 0.3:
            del at[key]
            break
        else:
            at[key] = chance.choice([other for other in OTHER_VALUES if other != at[key]])
            break
    return json.dumps(whole, indent=2).encode()


def newer(_file: Path, content: bytes, chance: random.Random) -> bytes:
    """Return the JSON as a later version might write it."""
    return json.dumps({**json.loads(content), "format": chance.randint(2, 99), "later": [1]}).encode()


OTHER_VALUES = [None, True, 0, -1, 10**30, 0.5, "x", "", [], [1], {}, {"a": 1}]
OF_JSON = ("type", "value", "newer")
DAMAGES: dict[str, Callable[[Path, bytes, random.Random], bytes]] = {
    "flip": flipped, "flips": partial(flipped, bits=20), "cut": cut, "empty": lambda *_: b"", "zeros": zeros,
    "foreign": of_another_run, "type": of_another_type, "value": with_another_value, "newer": newer,
    "delete": flipped, "delete folder": flipped,
}  # fmt: skip

if __name__ == "__main__":
    main()
