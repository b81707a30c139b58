"""Measures runs for the bank that the forecast of scores is fitted on: their figures beforehand and their scores.

Run: python benchmarks/bank.py --out bank.jsonl --data samsum=DIR --data dialogsum=DIR --data qmsum=DIR
     [--list coverage] [--device cuda --workers 12 --work /dev/shm] [--stop-after 400] [--first 3]

`--list` names a list of bank_lists.py, or a file with a key in each line, such as `samsum/400/quality/0`. Each run is
one line of numbers, written when it ends; runs that the file already has are left out, so a stopped command can be
repeated. Cheap runs come first. Data sets without a folder are left out, except the embedded one. With several
workers, runs share the machine; on a GPU, `--work /dev/shm` keeps checkpoints in memory.
"""

import argparse
import gc
import json
import multiprocessing
import os
import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from bank_lists import BankRun, runs

from sumtune.model.device_memory import GPU_SHARE

if TYPE_CHECKING:
    from bank_row import Place


def main() -> None:
    """Make the missing rows."""
    given = parsed()
    from bank_row import Place

    from sumtune.model.locate import locate

    locate(given.model)  # converts the embedded model once, before several processes need it
    place = Place(given.model, given.device, dict(given.data), given.work, given.scored, tuple(given.settings))
    wanted = [run for run in runs(given.list) if run.source == "embedded" or run.source in place.folders]
    missing = [run for run in wanted if run.key not in known_keys(given.out)][: given.first]
    print(f"{len(wanted)} runs, {len(missing)} to make, {given.workers} at a time", file=sys.stderr, flush=True)
    failed = make_all(missing, place, given)
    sys.exit(f"{failed} runs failed" if failed else 0)


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSONL file to extend")
    parser.add_argument("--data", action="append", default=[], type=lambda text: text.split("=", 1), metavar="NAME=DIR")
    parser.add_argument("--list", default="bank")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--threads", type=int, help="CPU threads of a process; default: the cores, shared")
    parser.add_argument("--scored", type=int, default=192, help="most examples that are scored")
    parser.add_argument("--first", type=int, help="make at most this many rows")
    parser.add_argument("--stop-after", type=float, default=float("inf"), help="seconds after which no row is begun")
    parser.add_argument("--work", help="folder for temporary files")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    given = parser.parse_args()
    given.threads = given.threads or max(1, len(os.sched_getaffinity(0)) // given.workers)
    return given


def known_keys(out: Path) -> set[str]:
    """Return the keys of the rows in `out`; a last line that is cut off is removed."""
    if not out.exists():
        return set()
    text = out.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        out.write_text(text, encoding="utf-8")
    return {json.loads(line)["key"] for line in text.splitlines()}


def make_all(missing: list[BankRun], place: "Place", given: argparse.Namespace) -> int:
    """Make the rows of `missing` and append them to `given.out`; return how many failed."""
    begun, waiting, failed = time.monotonic(), list(missing), 0
    os.environ |= {"OMP_NUM_THREADS": str(given.threads), "TOKENIZERS_PARALLELISM": "false"}  # of the processes
    os.environ.setdefault(GPU_SHARE, str(1 / given.workers))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.workers, spawn) as pool, given.out.open("a", encoding="utf-8") as out:
        running: dict[Future[dict[str, object]], BankRun] = {}
        while waiting or running:
            while waiting and len(running) < given.workers and time.monotonic() - begun < given.stop_after:
                run = waiting.pop(0)
                running[pool.submit(make_one, run, place, given.threads)] = run
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                run = running.pop(done)
                failed += not record(run, done, out)
    print(f"{len(missing) - len(waiting) - failed} rows in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return failed


def make_one(run: BankRun, place: "Place", threads: int) -> dict[str, object]:
    """Make a row in a process of the pool."""
    import torch
    from bank_row import make_row

    torch.set_num_threads(threads)
    row = make_row(run, place)
    gc.collect()
    torch.cuda.empty_cache()
    return row


def record(run: BankRun, done: "Future[dict[str, object]]", out) -> bool:
    """Append the row that a process made, or print why there is none."""
    try:
        row = done.result()
    except Exception as error:
        print(f"{run.key} failed: {error!r}", file=sys.stderr, flush=True)
        traceback.print_exception(error, limit=-3)
        return False
    out.write(json.dumps(row) + "\n")
    out.flush()
    print(f"{run.key}: {row['seconds']:.0f} s", file=sys.stderr, flush=True)
    return True


if __name__ == "__main__":
    main()
