"""Summaries that are saved while an evaluation generates them, so that it can be stopped."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sumtune.files.resumable import resumable_lines
from sumtune.summarizer import Completion, OnProgress, Summarizer

__all__ = ["SavedSummaries", "summarize_and_save"]

CHUNK_CHARACTERS = 250_000
"""Characters of the dialogues whose summaries are saved together: about a minute's work of a small model on two cores.
A chunk of short dialogues has hundreds of them, so that batches are as full as without chunks."""


@dataclass(frozen=True)
class SavedSummaries:
    """The summaries of one model."""

    completions: list[Completion]
    """One for each dialogue, in the order of the dialogues."""
    seconds: float
    """How long it took to generate all of them, over all calls."""
    earlier_s: float
    """How long it took to generate those that earlier calls saved."""


def summarize_and_save(
    file: Path, made_from: str, summarizer: Summarizer, dialogues: Sequence[str], styles: Sequence[str],
    start: Callable[[int], OnProgress],
) -> SavedSummaries:  # fmt: skip
    """Summarize the dialogues, and save the summaries of each chunk.

    Summaries that an earlier call saved beside `file` with the same `made_from` are not generated again. `start` gets
    the number of dialogues left, and returns the callback for progress.

    Raises:
        InputError: the summaries cannot be written.
    """
    order = sorted(range(len(dialogues)), key=lambda place: len(dialogues[place]))
    with resumable_lines(file, made_from) as out:
        earlier = out.done
        left = order[earlier:]
        progress = start(len(left)) if left else None
        for chunk in _chunks(left, dialogues):
            begun, places = time.monotonic(), sorted(chunk)
            found = summarizer.summarize(
                [dialogues[at] for at in places], progress, styles=[styles[at] for at in places]
            )
            seconds, by_place = (time.monotonic() - begun) / len(chunk), dict(zip(places, found, strict=True))
            out.append(_line(by_place[at], seconds) for at in chunk)
        rows = [json.loads(line) for line in out.lines()]
    times = [row.pop("seconds") for row in rows]
    by_place = {at: Completion(**row) for at, row in zip(order, rows, strict=True)}
    return SavedSummaries([by_place[at] for at in range(len(order))], sum(times), sum(times[:earlier]))


def _line(completion: Completion, seconds: float) -> str:
    return json.dumps(asdict(completion) | {"seconds": seconds})


def _chunks(order: Sequence[int], dialogues: Sequence[str]) -> Iterator[list[int]]:
    """Yield the places of the dialogues of each chunk; a long dialogue is one by itself."""
    chunk: list[int] = []
    size = 0
    for at in order:
        if chunk and size + len(dialogues[at]) > CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
        chunk.append(at)
        size += len(dialogues[at])
    if chunk:
        yield chunk
