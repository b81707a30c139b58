"""Run a test with a started engine."""

import asyncio

from sumtune.serve.engine import Engine
from sumtune.serve.jobs import BatchKey, Job
from sumtune.serve.metrics import Metrics
from sumtune.serve.settings import ServeSettings


def with_engine(test, **settings):
    """Run the coroutine `test(engine, make)` with a started engine; `make` creates jobs."""

    async def run():
        engine = Engine(ServeSettings(**({"workers": 1} | settings)), Metrics())
        loop = asyncio.get_running_loop()

        def make(summarizer, text="Ann: Hi", tokens=10, beams=1, max_tokens=None, seconds=10.0):
            batch_key = BatchKey(summarizer, beams, max_tokens)
            return Job(text, tokens, batch_key, loop.time() + seconds, loop.create_future())

        engine.start()
        try:
            await asyncio.wait_for(test(engine, make), 20)
        finally:
            await engine.close()

    asyncio.run(run())


async def until(condition):
    """Return when `condition()` is true; `with_engine` limits the time."""
    while not condition():
        await asyncio.sleep(0.001)


async def results(jobs):
    return [completion.text for completion in await asyncio.gather(*(job.future for job in jobs))]
