"""Measures on one GPU: equality with the CPU, speed beside Trainer with PEFT, memory, recovery, QLoRA, generation.

Run: python benchmarks/gpu.py [--only equality speed] [--within 300] [--out gpu.json] [--tiny] [--device cpu]

Models have random weights in the shapes of real ones, so nothing is downloaded. Each part runs in a process of its own
with a time limit; a part that fails or takes too long is reported and the others go on. `--tiny` computes everything
in miniature, also on a CPU, to test the script itself.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

LIMITS_S = {
    "environment": 60, "equality": 150, "speed": 180, "graphs": 90, "memory": 90, "recovery": 60, "generation": 120,
    "compile": 90, "qlora": 240, "processes": 60,
}  # fmt: skip
"""Parts in order, with the time limit of each."""


def main() -> None:
    """Run one part with `--part`, otherwise all parts in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=LIMITS_S, default=list(LIMITS_S))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--within", type=float, default=sum(LIMITS_S.values()), help="seconds for all parts together")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--part", choices=LIMITS_S, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        run_part(given)
        return
    with tempfile.TemporaryDirectory() as work:
        rows: list[dict[str, str]] = []
        begun = time.monotonic()
        for part in given.only:
            left_s = given.within - (time.monotonic() - begun)
            rows += in_a_process(part, given, work, min(LIMITS_S[part], left_s)) if left_s > 0 else [skipped(part)]
            if given.out:
                given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    report(rows)


def skipped(part: str) -> dict[str, str]:
    """Return the row of a part for which no time was left."""
    return {"part": part, "case": "not measured", "result": "no time was left"}


def in_a_process(part: str, given: argparse.Namespace, work: str, limit_s: float) -> list[dict[str, str]]:
    """Return the rows of `part`, measured in a new Python process; what it wrote until a failure is kept."""
    out = Path(work) / f"{part}.jsonl"
    command = [sys.executable, __file__, "--part", part, "--device", given.device, "--work", work, "--out", str(out)]
    begun, failure = time.monotonic(), ""
    try:
        done = subprocess.run(
            [*command, *["--tiny"] * given.tiny],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=limit_s,
            check=False,
        )
        if done.returncode:
            failure = "\n".join(done.stderr.splitlines()[-12:])
    except subprocess.TimeoutExpired:
        failure = f"took longer than {limit_s:.0f} s"
    seconds = time.monotonic() - begun
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []
    if failure:
        rows.append({"part": part, "case": "FAILED", "result": failure})
    print(f"{part}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return rows


def run_part(given: argparse.Namespace) -> None:
    """Write the rows of one part to `given.out` as they come."""
    import gpu_parts
    from gpu_place import Place

    with given.out.open("w", encoding="utf-8") as out:
        try:
            for case, result in getattr(gpu_parts, given.part)(Place(given.device, given.tiny, given.work)):
                out.write(json.dumps({"part": given.part, "case": case, "result": result}) + "\n")
                out.flush()
        except Exception:
            traceback.print_exc()
            sys.exit(1)


def report(rows: list[dict[str, str]]) -> None:
    """Print one line per row."""
    wide = max(len(row["case"]) for row in rows)
    for row in rows:
        print(f"{row['part']:<12}{row['case']:<{wide + 2}}{row['result']}")


if __name__ == "__main__":
    main()
