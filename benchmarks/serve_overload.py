"""Measures the service under overload, at twice its throughput: answers within the deadline, and memory.

Run: python benchmarks/serve_overload.py --run-dir runs/chats --data samsum/ [--minutes 10] [--times 2] [--deadline 20]

First measures the throughput, then sends requests at a steady rate above it without waiting for answers. Prints the
answers by status, the slowest answer, and the memory each minute.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from serve_load import Service, drive, service

WARM_UP = 96
"""Number of dialogues with which the throughput is measured."""
CONCURRENCY = 64
GRACE_S = 2.0
"""Seconds after its deadline at which an answer is late: the clock starts before the connection is made."""


def main() -> None:
    """Measure the throughput, then the behaviour under overload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with validation.jsonl")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--times", type=float, default=2.0, help="requests for each that can be answered")
    parser.add_argument("--deadline", type=float, default=20)
    given = parser.parse_args()
    with (given.data / "validation.jsonl").open(encoding="utf-8") as lines:
        dialogues = [json.loads(line)["dialogue"] for line in lines]
    command = [sys.executable, "-m", "sumtune", "serve", "--run-dir", str(given.run_dir)]
    with service("sumtune", [*command, "--requests-per-minute", "1000000"]) as ours:
        able = asyncio.run(drive(ours.url, dialogues[:WARM_UP], CONCURRENCY)).throughput
        print(f"{able:.2f} dialogues/s; now {given.times * able:.2f} requests/s for {given.minutes:g} min", flush=True)
        asyncio.run(overload(ours, dialogues, given.times * able, 60 * given.minutes, given.deadline))


async def overload(ours: Service, dialogues: list[str], rate: float, seconds: float, deadline: float) -> None:
    """Send `rate` requests per second and print the results."""
    statuses: Counter[str] = Counter()
    slowest, late, waiting = 0.0, 0, set()
    memory = [ours.memory]

    async def ask(session: httpx.AsyncClient, dialogue: str) -> None:
        nonlocal slowest, late
        begun = time.perf_counter()
        try:
            answer = await session.post(f"{ours.url}/summarize", json={"dialogues": dialogue, "deadline_s": deadline})
            statuses[str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            statuses[type(error).__name__] += 1
        took = time.perf_counter() - begun
        slowest, late = max(slowest, took), late + (took > deadline + GRACE_S)

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=3 * deadline, limits=limits) as session:
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            task = asyncio.create_task(ask(session, dialogues[number % len(dialogues)]))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            if time.perf_counter() - begun > 60 * len(memory):
                memory.append(ours.memory)
                print(f"  minute {len(memory) - 1:2}: {memory[-1] / 1e6:.0f} MB, {dict(statuses)}", flush=True)
        await asyncio.gather(*waiting)
    first, last = memory[min(1, len(memory) - 1)], ours.memory
    print(
        f"{sum(statuses.values())} requests: {dict(statuses)}; slowest {slowest:.1f} s, {late} later than the deadline"
    )
    print(f"memory {last / 1e6:.0f} MB at the end, {last / first - 1:+.1%} since the first minute")


if __name__ == "__main__":
    main()
