"""Damaged data files and settings: each must be read or refused in one message, quickly, with nothing written.

python benchmarks/fuzz.py --files 10000 --settings 2000 --seed 0
"""

import argparse
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
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from sumtune.config import PRESETS, Config, resolve
from sumtune.data import ingest
from sumtune.errors import SumtuneError
from sumtune.files.run_dir import RunDir

LIMIT_S = 5
MARKS = [b'"', b"'", b",", b"\n", b"{", b"[", b"}", b"\\", b"\r", b"\t"]
ENCODINGS = ["utf-16", "utf-32", "cp1252", "utf-8-sig"]
ROWS = [
    {"dialogue": f"Ana: Is number {n} there?\nBen: Yes, on {day}, \"quoted\", and more.", "summary": f"Ben has {n}."}
    for n, day in enumerate(["Monday", "Tuesday", "Wednesday", "Friday"] * 8)
]  # fmt: skip


class HangError(Exception):
    """A file or setting took longer than `LIMIT_S`."""


def main() -> None:
    """Fuzzes both and prints what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--settings", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, faults = random.Random(given.seed), 0
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
    """`read`, `refused`, or what went wrong."""
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
    except Exception:
        return "traceback\n" + traceback.format_exc()
    finally:
        signal.alarm(0)
        shutil.rmtree(folder, ignore_errors=True)
    return "read"


def hang(*_: object) -> None:
    """What the alarm does."""
    raise HangError


def one_file(folder: Path, chance: random.Random) -> None:
    """Ingests one damaged file."""
    suffix = chance.choice(["csv", "json", "jsonl", "parquet", "tsv", "txt", "jsonl", "csv"])
    path = folder / f"data.{suffix}"
    peculiar(path, chance) if chance.random() < 0.1 else path.write_bytes(damaged(valid(suffix, chance), chance))
    config = resolve(overrides={"data.path": str(path), "data.drop_invalid": chance.random() < 0.3})
    ingest.run(config, RunDir(folder / "run"))


def valid(suffix: str, chance: random.Random) -> bytes:
    """A file as it should be, with some values of another type."""
    rows = [dict(row) for row in chance.sample(ROWS, chance.randint(1, len(ROWS)))]
    if chance.random() < 0.3:
        odd = [None, 10**400, -1.5, [], {"a": [1]}, True, "\x00", "", " ", "\ud83d\ude00", "a" * 10_000]
        chance.choice(rows)[chance.choice(["dialogue", "summary", "other"])] = chance.choice(odd)
    if suffix == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = [{key: str(value).encode("utf-8", "replace").decode() for key, value in row.items()} for row in rows]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(texts), sink)
        return sink.getvalue().to_pybytes()
    if suffix in ("csv", "tsv"):
        import csv
        import io

        out = io.StringIO()
        names = sorted({key for row in rows for key in row})
        writer = csv.DictWriter(out, names, delimiter="\t" if suffix == "tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode("utf-8", "replace")
    sys.set_int_max_str_digits(0)
    if suffix == "json":
        return json.dumps(rows).encode()
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def damaged(content: bytes, chance: random.Random) -> bytes:
    """`content` after one to three mutations."""
    for _ in range(chance.randint(0, 3)):
        at, end = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
        content = chance.choice([
            lambda c, a, e: c[:a] + c[e:],
            lambda c, a, e: c[:e] + c[a:],
            lambda c, a, _: c[:a] + bytes([chance.randrange(256)]) + c[a + 1 :],
            lambda c, a, _: c[:a] + chance.randbytes(chance.randint(1, 40)) + c[a:],
            lambda c, a, _: c[:a] + b"\x00" * chance.randint(1, 9) + c[a:],
            lambda c, a, _: c[:a] + chance.choice(MARKS) + c[a:],
            lambda c, *_: c.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace"),
            lambda c, *_: c.replace(b"dialogue", chance.choice([b"summary", b"text", b"", b"Dialogue", b"chat"])),
        ])(content, at, end)  # fmt: skip
    return content


def peculiar(path: Path, chance: random.Random) -> None:
    """What is hardly a file."""
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
    """Reads one damaged file of settings."""
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
    file.write_bytes(damaged(content, chance) if chance.random() < 0.6 else content)
    resolve(config_file=file)


if __name__ == "__main__":
    main()
