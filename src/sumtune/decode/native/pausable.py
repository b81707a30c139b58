"""Generation that can pause between two steps, so that other batches run in between."""

from collections.abc import Callable, Generator
from functools import partial

from sumtune.decode.threads import in_torch_thread
from sumtune.summarizer import Completion

__all__ = ["PausableGeneration", "Steps"]

Steps = Generator[None, None, list[Completion]]
"""One step is a piece of the dialogues to read, or a token of the summaries."""


class PausableGeneration:
    """Summaries that are being generated. All state is here, so the engine may serve other dialogues in a pause."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def advance(self, should_pause: Callable[[], bool]) -> list[Completion] | None:
        """See `Generation`."""
        return in_torch_thread(partial(self._advance, should_pause))

    def _advance(self, should_pause: Callable[[], bool]) -> list[Completion] | None:
        while True:
            try:
                next(self._steps)
            except StopIteration as end:
                completions: list[Completion] = end.value
                return completions
            if should_pause():
                return None
