"""Two summarizers as one: dialogues up to a length go to the first, longer ones to the second."""

from collections.abc import Callable, Sequence
from functools import cached_property

from sumtune.summarizer import Completion, Progress, Summarizer

__all__ = ["RoutedSummarizer"]


class RoutedSummarizer:
    """For models whose sliding attention window CTranslate2 gets wrong where a prompt is longer than the window.

    `long` is made when the first dialogue needs it, so nobody pays for it who has none.
    """

    def __init__(self, short: Summarizer, make_long: Callable[[], Summarizer], is_long: Callable[[str], bool]) -> None:
        self.engine = f"{short.engine}, torch over the window"
        self.setup_s = short.setup_s
        self._short = short
        self._make_long = make_long
        self._is_long = is_long

    @cached_property
    def _long(self) -> Summarizer:
        return self._make_long()

    def summarize(
        self, dialogues: Sequence[str], progress: Progress | None = None, max_tokens: int | None = None
    ) -> list[Completion]:
        """One completion for each dialogue, in the order of `dialogues`."""
        places: dict[bool, list[int]] = {False: [], True: []}
        for at, dialogue in enumerate(dialogues):
            places[self._is_long(dialogue)].append(at)
        completions: dict[int, Completion] = {}
        for is_long, chosen in places.items():
            if chosen:
                summarizer = self._long if is_long else self._short
                written = summarizer.summarize([dialogues[at] for at in chosen], progress, max_tokens)
                completions |= dict(zip(chosen, written, strict=True))
        return [completions[at] for at in range(len(dialogues))]
