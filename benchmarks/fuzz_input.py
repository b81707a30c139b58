"""Checks damaged data files and settings: each is read or refused in one message, quickly, with nothing half written.

Run: python benchmarks/fuzz_input.py --files 10000 --settings 2000 --seed 0

Every example read from a damaged file must be a row of the undamaged one (see `tests/damage.py`). The Parquet files
have page checksums; `--no-checksums` writes them without, as pyarrow does by default, and then some damage is
undetectable.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import damage

from sumtune.config import PRESETS, Config
from sumtune.config_resolution import resolve
from sumtune.data import ingest
from sumtune.data.conversations import open_conversations
from sumtune.data.example import SPLITS, Example
from sumtune.data.example_file import load_jsonl
from sumtune.errors import SumtuneError
from sumtune.files.run_dir import RunDir

LIMIT_S = 5
SUFFIXES = ("csv", "csv", "tsv", "json", "jsonl", "jsonl", "parquet", "txt")
ROWS = damage.random_rows(32, random.Random(0))


class HangError(Exception):
    """Reading a file or settings took longer than `LIMIT_S`."""


class StrangerError(Exception):
    """An example was read that is not a row of the undamaged file."""


def main() -> None:
    """Fuzz data files and settings, and print the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--settings", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="+", choices=sorted(set(SUFFIXES)), default=SUFFIXES)
    parser.add_argument("--no-checksums", action="store_true", help="Parquet files without checksums of their pages.")
    given = parser.parse_args()
    chance, faults = random.Random(given.seed), 0
    one_file = partial(one_data_file, suffixes=given.formats, checksums=not given.no_checksums)
    with tempfile.TemporaryDirectory() as folder:
        for kind, count, attempt in (("files", given.files, one_file), ("settings", given.settings, one_setting)):
            outcomes: Counter[str] = Counter()
            slowest = 0.0
            for number in range(count):
                begun = time.monotonic()
                outcome = judged(attempt, Path(folder) / f"{kind}-{number}", chance)
                slowest = max(slowest, time.monotonic() - begun)
                outcomes[outcome.splitlines()[0]] += 1
                if outcome not in ("read", "refused"):
                    faults += 1
                    print(f"{kind} {number}: {outcome}", flush=True)
            print(f"{kind}: {dict(outcomes)}, slowest {slowest:.2f} s", flush=True)
    sys.exit(faults > 0)


def judged(attempt, folder: Path, chance: random.Random) -> str:
    """Return `read`, `refused`, or what went wrong."""
    folder.mkdir()
    signal.signal(signal.SIGALRM, hang)
    signal.alarm(LIMIT_S)
    try:
        attempt(folder, chance)
    except SumtuneError as error:
        if (folder / "run").exists() and any(path.is_file() for path in (folder / "run").rglob("*")):
            return "half written"
        return "refused" if str(error).strip() else "refused without a word"
    except HangError:
        return "hang"
    except StrangerError as error:
        return f"false example\n{error}"
    except Exception:
        return "traceback\n" + traceback.format_exc()
    finally:
        signal.alarm(0)
        shutil.rmtree(folder, ignore_errors=True)
    return "read"


def hang(*_: object) -> None:
    """Raise an error when the alarm goes off."""
    raise HangError


def one_data_file(folder: Path, chance: random.Random, suffixes: Sequence[str], checksums: bool) -> None:
    """Ingest one damaged file, and compare the examples with the rows of the undamaged one."""
    suffix = chance.choice(suffixes)
    path = folder / f"data.{suffix}"
    run_dir = RunDir(folder / "run")
    config = resolve(overrides={"data.path": str(path), "data.drop_invalid": chance.random() < 0.5})
    if chance.random() < 0.1:
        peculiar(path, chance)
        ingest.run(config, run_dir)
        return
    rows = some_rows(chance)
    file = damage.damage(damage.write(rows, suffix, checksums), chance)
    path.write_bytes(file.content)
    with suppress(SumtuneError):
        used(path, rows, file, suffix)
    ingest.run(config, run_dir)
    examples = [
        example for name in SPLITS if run_dir.split(name).exists() for example in load_jsonl(run_dir.split(name))
    ]
    if strangers := damage.strangers(examples, damage.pairs(rows, suffix), file, suffix):
        raise StrangerError(f"{suffix}, {file.budget} characters, of {len(examples)}: {strangers[0]}\n{file.content!r}")


def used(path: Path, rows: Sequence[damage.Row], file: damage.Damaged, suffix: str) -> None:
    """Read the file as `sumtune summarize` does, and compare only the dialogues."""
    known = [(dialogue, "") for dialogue, _ in damage.pairs(rows, suffix)]
    read = [Example(str(row), one.dialogue, "", path.name, row) for row, one in enumerate(open_conversations(path), 1)]
    if not file.joined and (strangers := damage.strangers(read, known, file, suffix)):
        raise StrangerError(f"{suffix} in use, {file.budget} characters: {strangers[0]}\n{file.content!r}")


def some_rows(chance: random.Random) -> list[damage.Row]:
    """Return some of the rows, some with a value of another type or an extra field."""
    rows = [dict(row) for row in chance.sample(ROWS, chance.randint(2, len(ROWS)))]
    if chance.random() < 0.3:
        chance.choice(rows)[chance.choice(["dialogue", "summary"])] = chance.choice(damage.ODD)
    if chance.random() < 0.3:
        chance.choice(rows)["other"] = chance.randrange(10**6)
    return rows


def peculiar(path: Path, chance: random.Random) -> None:
    """Create something odd at `path`: a folder, a broken link, random bytes, deep nesting, huge values."""
    kind = chance.randrange(8)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        path.symlink_to(path.with_name("nowhere"))
    elif kind == 2:
        path.symlink_to(path)
    elif kind == 3:
        path.write_bytes(b"")
    elif kind == 4:
        path.write_bytes(chance.randbytes(chance.randint(1, 5000)))
    elif kind == 5:
        path.write_bytes(b"[" * 100_000)
    elif kind == 6 and chance.random() < 0.2:
        path.write_bytes(b'{"dialogue": "' + b"a" * 10_000_000 + b'", "summary": "b"}\n')
    else:
        path.write_bytes(b'{"dialogue": "a", "dialogue": "b", "summary": ' + b"9" * 5000 + b"}\n")


def one_setting(folder: Path, chance: random.Random) -> None:
    """Read one damaged settings file."""
    import yaml

    settings = Config(preset=chance.choice(PRESETS)).model_dump(mode="json")
    for _ in range(chance.randint(0, 3)):
        section = chance.choice([key for key, value in settings.items() if isinstance(value, dict)] or ["data"])
        values = [None, -1, 0, 10**30, 0.5, float("nan"), float("inf"), "x", [], {}, True, "1e400", ["a", 1]]
        key = chance.choice([*settings.get(section, {}), "learning_rat", "", 7])
        settings.setdefault(section, {})[key] = chance.choice(values)
    if chance.random() < 0.1:
        settings[chance.choice(["train", "extra", "preset", "lora"])] = chance.choice([None, 3, "x", [1]])
    content = yaml.safe_dump(settings).encode()
    file = folder / "settings.yaml"
    file.write_bytes(damage.damage(content, chance).content if chance.random() < 0.6 else content)
    resolve(config_file=file)


if __name__ == "__main__":
    main()
