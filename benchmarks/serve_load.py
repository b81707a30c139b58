"""Measures the service and one written from a tutorial, under load with the same dialogues.

Run: python benchmarks/serve_load.py --run-dir runs/chats --data samsum/ [--requests 200] [--concurrency 1 8 32]
         [--beams 1]
     python benchmarks/serve_load.py --run-dir runs/chats --data samsum/ --meetings [--seconds 60] [--concurrency 1 4]

The tutorial's service is a FastAPI app that calls `generate` from transformers on the merged model, with the adapter's
prompt, for one request at a time. Each level of concurrency loads one service, then the other.

With `--meetings`, the tutorial's service is not measured: each level of concurrency sends short chats alone, then with
a meeting of 16,000 tokens every ten seconds (validation dialogues, joined). Prints the median of the short chats for
both.
"""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from serve_meetings import join_to_meeting, report_meetings, token_counter

from sumtune.evaluate import overlap
from sumtune.evaluate.overlap import METRICS
from sumtune.files.run_dir import RunDir

START_LIMIT_S = 600
TIMEOUT_S = 600


@dataclass(frozen=True)
class Load:
    """Results of one service at one level of concurrency."""

    throughput: float
    """Dialogues per second."""
    latencies_s: tuple[float, ...]
    summaries: tuple[str, ...]

    @property
    def median_s(self) -> float:
        """Median seconds from request to answer."""
        return statistics.median(self.latencies_s)


def main() -> None:
    """Start both services, load them, and print the ratios."""
    given = arguments()
    if given.tutorial:
        serve_tutorial(RunDir(given.run_dir), given.port, given.beams, given.dtype)
        return
    with (given.data / "validation.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: given.requests]
    dialogues, references = [row["dialogue"] for row in rows], [row["summary"] for row in rows]
    run_dir = str(given.run_dir)
    # The deadline is set so that every request is answered: this measures speed, not refusals.
    beams = ["--beams", str(given.beams)] if given.beams else []
    ours = [sys.executable, "-m", "sumtune", "serve", "--run-dir", run_dir, "--deadline", str(TIMEOUT_S), *beams]
    if given.meetings:
        meeting = join_to_meeting(dialogues, token_counter(RunDir(given.run_dir)))
        with service("sumtune", ours) as our:
            for concurrency in given.concurrency:
                asyncio.run(report_meetings(our.url, dialogues, meeting, concurrency, given.seconds))
        return
    tutorial = [sys.executable, __file__, "--tutorial", "--run-dir", run_dir, "--dtype", given.dtype, *beams]
    with service("sumtune", ours) as our, service("tutorial", tutorial) as their:
        for concurrency in given.concurrency:
            loads = {
                "sumtune": asyncio.run(drive(our.url, dialogues, concurrency)),
                "tutorial": asyncio.run(drive(their.url, dialogues, concurrency)),
            }
            report(concurrency, loads, references)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder with validation.jsonl (fields dialogue, summary)")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--beams", type=int, help="those of the adapter unless given; 1 is greedy search")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32", help="of the tutorial's model")
    parser.add_argument(
        "--meetings", action="store_true", help="short chats without and with a meeting every ten seconds"
    )
    parser.add_argument("--seconds", type=float, default=60, help="of each drive with --meetings")
    parser.add_argument("--tutorial", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.data is None and not given.tutorial:
        parser.error("--data is required")
    return given


@dataclass(frozen=True)
class Service:
    """A service that is ready."""

    url: str
    process: psutil.Process

    @property
    def memory(self) -> int:
        """Resident memory in bytes."""
        return int(self.process.memory_info().rss)


@contextmanager
def service(name: str, command: Sequence[str]) -> Iterator[Service]:
    """Start a service, yield it when it is ready, and stop it; print its start-up time and its memory."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    begun = time.monotonic()
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, url)
        print(f"{name}: ready after {time.monotonic() - begun:.1f} s", flush=True)
        started = Service(url, psutil.Process(process.pid))
        yield started
        print(f"{name}: {started.memory / 1e6:.0f} MB resident at the end", flush=True)
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until `/ready` answers 200."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}: run it by hand to see why.")
        try:
            if httpx.get(f"{url}/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"{process.args} was not ready after {START_LIMIT_S} s.")


async def drive(url: str, dialogues: Sequence[str], concurrency: int) -> Load:
    """Send every dialogue in a request of its own, `concurrency` at a time, and return the results."""
    numbers = iter(range(len(dialogues)))
    latencies: dict[int, float] = {}
    summaries: dict[int, str] = {}

    async def client(session: httpx.AsyncClient) -> None:
        for number in numbers:
            begun = time.perf_counter()
            answer = await session.post(f"{url}/summarize", json={"dialogues": dialogues[number]})
            answer.raise_for_status()
            latencies[number] = time.perf_counter() - begun
            summaries[number] = answer.json()["summaries"][0]["summary"]

    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits) as session:
        await session.post(f"{url}/summarize", json={"dialogues": dialogues[0]})  # warm-up
        begun = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(concurrency)))
        seconds = time.perf_counter() - begun
    order = range(len(dialogues))
    return Load(len(dialogues) / seconds, tuple(latencies[at] for at in order), tuple(summaries[at] for at in order))


def report(concurrency: int, loads: dict[str, Load], references: Sequence[str]) -> None:
    """Print the results of both services and their ratios."""
    print(f"\nconcurrency {concurrency}, {len(references)} dialogues")
    for name, load in loads.items():
        slow = sorted(load.latencies_s)[int(0.95 * (len(load.latencies_s) - 1))]
        scores = overlap.mean([overlap.score(*pair) for pair in zip(load.summaries, references, strict=True)])
        means = "".join(f"{getattr(scores, metric):8.4f}" for metric in METRICS)
        print(
            f"  {name:<9} {load.throughput:7.2f} dialogues/s   median {load.median_s:7.3f} s   "
            f"95% {slow:7.3f} s   {' '.join(METRICS)} {means}"
        )
    ours, tutorial = loads["sumtune"], loads["tutorial"]
    print(
        f"  throughput {ours.throughput / tutorial.throughput:.2f} times, "
        f"median latency {tutorial.median_s / ours.median_s:.2f} times lower",
        flush=True,
    )


def serve_tutorial(run_dir: RunDir, port: int, beams: int | None, dtype: str) -> None:
    """Run the tutorial's service: the merged model, with `generate` on one dialogue at a time."""
    import threading

    import torch
    import uvicorn
    from fastapi import Body, FastAPI

    from sumtune.model.load import is_encoder_decoder, load_config, load_tokenizer
    from sumtune.model.locate import locate
    from sumtune.model.merge import load_merged
    from sumtune.text.encode import Encoder
    from sumtune.text.prompt import Prompt

    settings = json.loads((run_dir.adapter / "sumtune.json").read_text(encoding="utf-8"))
    source = locate(settings["model"]["name"], settings["model"]["revision"])
    paired = is_encoder_decoder(load_config(source.folder))
    encoder = Encoder(load_tokenizer(source.folder), Prompt.load(run_dir.adapter), paired)
    model = load_merged(source.folder, run_dir.adapter, torch.bfloat16 if dtype == "bf16" else torch.float32)
    one_at_a_time = threading.Lock()
    app = FastAPI()

    @app.get("/ready")
    def ready() -> str:
        return "ready"

    @app.post("/summarize")
    def summarize(dialogues: str = Body(embed=True)) -> dict[str, list[dict[str, str]]]:
        with one_at_a_time, torch.no_grad():
            ids = torch.tensor([encoder.source(dialogues)])
            written = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=encoder.prompt.max_target_tokens,
                num_beams=beams or settings["decode"]["beams"],
                do_sample=False,
                eos_token_id=encoder.end_ids,
                pad_token_id=encoder.end_ids[0],
            )[0].tolist()
        return {"summaries": [{"summary": encoder.decode(written[1 if paired else ids.shape[1] :])}]}

    uvicorn.run(app, port=port, log_level="warning")


if __name__ == "__main__":
    main()
