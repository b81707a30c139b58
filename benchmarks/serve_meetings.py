"""Short chats next to long meetings: the requests and the report of `serve_load.py --meetings`."""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Callable, Sequence

import httpx

from sumtune.files.run_dir import RunDir

MEETING_TOKENS = 16_000
MEETING_EVERY_S = 10.0
TIMEOUT_S = 600


def token_counter(run_dir: RunDir) -> Callable[[str], int]:
    """Return a function that counts the tokens of a text as the adapter does."""
    from sumtune.model.locate import locate
    from sumtune.model.tokenizer import load_encoder
    from sumtune.text.prompt import Prompt

    settings = json.loads((run_dir.adapter / "sumtune.json").read_text(encoding="utf-8"))["model"]
    encoder = load_encoder(locate(settings["name"], settings["revision"]).folder, Prompt.load(run_dir.adapter))
    return lambda text: encoder.count([text])[0]


def join_to_meeting(dialogues: Sequence[str], count: Callable[[str], int]) -> str:
    """Join dialogues, repeating them if necessary, until they have `MEETING_TOKENS`."""
    chosen, tokens = [], 0
    for dialogue in itertools.cycle(dialogues):
        if tokens >= MEETING_TOKENS:
            return "\n".join(chosen)
        chosen.append(dialogue)
        tokens += count(dialogue) + 1
    raise SystemExit("The data have no dialogue.")


async def report_meetings(url: str, dialogues: Sequence[str], meeting: str, concurrency: int, seconds: float) -> None:
    """Send short chats alone, then with meetings, and print both medians and their ratio."""
    alone, _ = await drive_for(url, dialogues, None, concurrency, seconds)
    among, meetings = await drive_for(url, dialogues, meeting, concurrency, seconds)
    print(f"\nconcurrency {concurrency}, {seconds:g} s each, a meeting every {MEETING_EVERY_S:g} s")
    for name, latencies in (("alone", alone), ("meetings", among)):
        slow = sorted(latencies)[int(0.95 * (len(latencies) - 1))]
        median = statistics.median(latencies)
        print(f"  {name:<9} {len(latencies)} short chats   median {median:7.3f} s   95% {slow:7.3f} s")
    ratio = statistics.median(among) / statistics.median(alone)
    took = ", ".join(f"{one:.1f}" for one in meetings)
    print(f"  median {ratio:.2f} times that alone; the meetings took {took} s", flush=True)


async def drive_for(
    url: str, dialogues: Sequence[str], meeting: str | None, concurrency: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Send chats for `seconds`, `concurrency` at a time; return the latencies of the chats and of the meetings."""
    chats, meetings = itertools.cycle(dialogues), list[float]()
    latencies = list[float]()
    end = time.perf_counter() + seconds

    async def ask(session: httpx.AsyncClient, dialogue: str, took: list[float]) -> None:
        begun = time.perf_counter()
        (await session.post(f"{url}/summarize", json={"dialogues": dialogue})).raise_for_status()
        took.append(time.perf_counter() - begun)

    async def client(session: httpx.AsyncClient) -> None:
        while time.perf_counter() < end:
            await ask(session, next(chats), latencies)

    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=httpx.Limits()) as session, asyncio.TaskGroup() as tasks:
        for _ in range(concurrency):
            tasks.create_task(client(session))
        while meeting is not None and time.perf_counter() < end:
            tasks.create_task(ask(session, meeting, meetings))
            await asyncio.sleep(MEETING_EVERY_S)
    return latencies, meetings
