"""A dialogue that the engine is reading: in one job, or in one job for each part."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from sumtune.decode.long_dialogues import join_parts, next_parts
from sumtune.serve.adapters import LoadedModel
from sumtune.serve.engine import Engine
from sumtune.serve.jobs import BatchKey, Job
from sumtune.serve.sources import Source, Text
from sumtune.summarizer import Completion

__all__ = ["Reading"]


class Reading:
    """A dialogue that is summarized by the jobs of one round, or of several.

    In every round but the last, the jobs are parts, and their joined summaries are read in the next round. The last
    round is one job, whose summary is the answer.
    """

    completion: asyncio.Task[Completion]
    """The summary of the dialogue. Set by `start`."""

    def __init__(
        self, engine: Engine, model: LoadedModel, source: Source, batch_key: BatchKey, deadline: float,
        on_piece: Callable[[str], None] | None = None, style: str = "",
    ) -> None:  # fmt: skip
        """Create the jobs of the first round. `on_piece` gets each piece of the summary. All jobs have the `style`."""
        self.source = source
        self._engine, self._model = engine, model
        self._batch_key, self._deadline, self._on_piece = batch_key, deadline, on_piece
        self._style = style
        self.jobs = self._first_jobs = self._create_jobs(source.texts)
        """The jobs of the current round."""

    @property
    def queued_s(self) -> float:
        """Seconds in the queue before the first job started."""
        return min(job.queued_s for job in self._first_jobs)

    def start(self) -> None:
        """Start to read. The engine must have accepted the jobs of the first round."""
        self.completion = asyncio.create_task(self._read())

    def cancel(self) -> None:
        """Cancel the current jobs; no others follow."""
        self.completion.cancel()
        self._engine.cancel(self.jobs)

    async def _read(self) -> Completion:
        while len(self.jobs) > 1:
            completions = await asyncio.gather(*(job.future for job in self.jobs))
            self.jobs = self._create_jobs(await asyncio.to_thread(self._next_texts, completions))
            self._engine.submit_next(self.jobs)
        return replace(await self.jobs[0].future, read=self.source.read)

    def _next_texts(self, completions: Sequence[Completion]) -> list[Text]:
        count = self._model.count_tokens
        parts = next_parts(join_parts(completions), len(completions), count, self._model.max_source_tokens)
        return list(map(Text, parts, count(parts)))

    def _create_jobs(self, texts: Sequence[Text]) -> list[Job]:
        """Return one job for each text. A single text is the last one, whose summary is the answer."""
        loop = asyncio.get_running_loop()
        is_last = len(texts) == 1
        return [
            Job(
                one.text, one.tokens, self._batch_key, self._deadline, loop.create_future(), self._style,
                is_part=not is_last, on_piece=self._on_piece if is_last else None,
            )
            for one in texts
        ]  # fmt: skip
