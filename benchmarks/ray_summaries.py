"""Checks that a Ray cluster summarizes every row of many shards once, although a worker is killed; measures the speed.

Run: python benchmarks/ray_summaries.py --rows 100000

A tiny random model summarizes short conversations: first a tenth of the shards, with plain `sumtune summarize` and with
one worker, then all of them, with a worker on each of two nodes with one core on this machine. A worker is killed when
a third of the shards is done. Prints rows per second, the rows that are lost or double, and the memory of the workers.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import tiny
from ray_nodes import local_cluster

SETTINGS = ("model.precision=fp32", "model.max_target_tokens=16", "train.epochs=1", "train.learning_rate=0.01",
            "decode.beams=1")  # fmt: skip
SHARDS = 50
SOME = SHARDS // 10
KILL_AFTER = 1 / 3
WORKER = re.compile(rb"ray::.*(Map|ShardWorker)")


def main() -> None:
    """Summarize the shards in three ways, and check the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare(root, rows // SHARDS)
        print(f"plain: {rate(root, 'some', 'plain', ()):.0f} rows/s", flush=True)
        with local_cluster(nodes=1) as address:
            print(f"1 worker: {rate(root, 'some', 'one', ray(address)):.0f} rows/s", flush=True)
        with local_cluster(nodes=2) as address:
            speed = rate(root, "every", "two", ray(address), kills=True)
            print(f"2 workers, one killed: {speed:.0f} rows/s", flush=True)
        lost = count_problems(root / "every", root / "two")
    print(f"{rows // SHARDS * SHARDS} rows: {lost['lost']} lost, {lost['double']} double")
    sys.exit(sum(lost.values()) > 0)


def prepare(root: Path, rows: int) -> None:
    """Tune a tiny model, and write shards with `rows` rows each."""
    tiny.save_model("gemma", root / "model")
    tiny.write_jsonl(root / "chats.jsonl", 40)
    options = [part for setting in SETTINGS for part in ("--set", setting)]
    run(root, "train", "--data", "chats.jsonl", "--model", "model", "--preset", "fast", *options).check_returncode()
    for shard in range(SHARDS):
        lines = [
            json.dumps({"id": number, "dialogue": tiny.conversation(number % 1000)["dialogue"]}) + "\n"
            for number in range(shard * rows, (shard + 1) * rows)
        ]
        for folder in ("every", "some") if shard < SOME else ("every",):
            (root / folder).mkdir(exist_ok=True)
            (root / folder / f"{shard:03}.jsonl").write_text("".join(lines))


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run `sumtune` in the folder `root`."""
    return subprocess.run([sys.executable, "-m", "sumtune", *arguments], cwd=root, capture_output=True)


def ray(address: str) -> tuple[str, ...]:
    """Return the options for workers of one core at `address`."""
    return ("--ray", address, "--cores", "1")


def rate(root: Path, source: str, target: str, options: tuple[str, ...], kills: bool = False) -> float:
    """Summarize the folder `source`; return rows per second, the start of the engines included."""
    begun = time.monotonic()
    command = subprocess.Popen(
        [sys.executable, "-m", "sumtune", "summarize", "--input", source, "--output", target, *options],
        cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    if kills:
        watch(root / source, root / target, command)
    errors = command.communicate()[1]
    seconds = time.monotonic() - begun
    assert command.returncode == 0, errors.decode()[-2000:]
    return sum(len(file.read_text().splitlines()) for file in (root / target).glob("*.jsonl")) / seconds


def watch(source: Path, target: Path, command: "subprocess.Popen[bytes]") -> None:
    """Kill a worker when a third of the shards is done; print the memory of the workers then and at the end."""
    shards, sizes, killed = len(list(source.iterdir())), dict[int, int](), False
    while command.poll() is None:
        done, workers = len(list(target.glob("*.jsonl"))), workers_of_ray()
        if not killed and done >= KILL_AFTER * shards and workers:
            print(f"memory after {done} of {shards} shards: {in_mb(workers)}", flush=True)
            os.kill(min(workers), signal.SIGKILL)
            killed = True
        sizes = workers or sizes
        time.sleep(0.2)
    assert killed, "the work ended before a worker could be killed"
    print(f"memory at the end: {in_mb(sizes)}", flush=True)


def workers_of_ray() -> dict[int, int]:
    """Return the resident bytes of each worker that summarizes, by process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if WORKER.match((folder / "cmdline").read_bytes()):
                found[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:  # it has ended
            continue
    return found


def in_mb(sizes: dict[int, int]) -> str:
    """Return sizes in words."""
    return ", ".join(f"{size / 1e6:.0f} MB" for size in sizes.values())


def count_problems(source: Path, target: Path) -> dict[str, int]:
    """Return how many rows of the shards in `source` are missing in `target`, and how many are there again."""
    wanted, found = Counter[int](), Counter[int]()
    for file in source.glob("*.jsonl"):
        wanted.update(json.loads(line)["id"] for line in file.read_text().splitlines())
        found.update(json.loads(line)["id"] for line in (target / file.name).read_text().splitlines())
    return {"lost": (wanted - found).total(), "double": (found - wanted).total()}


if __name__ == "__main__":
    main()
