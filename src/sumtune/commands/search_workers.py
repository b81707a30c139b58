"""Workers of a search: this process, several processes of this machine, or a Ray cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from sumtune.commands.ray_cluster import Place, cluster, count_workers
from sumtune.decode.threads import cores, limit_threads
from sumtune.errors import SumtuneError

__all__ = ["Workers", "on_cluster", "processes"]

Job = TypeVar("Job")
Result = TypeVar("Result")
Outcome = TypeVar("Outcome")
MOST_STARTS = 5
"""A job is started so often if its process dies."""


@dataclass(frozen=True)
class Workers(Generic[Job, Result]):
    """What runs jobs, `count` of them at a time."""

    count: int
    run: Callable[[Job], Result]
    stop: Callable[[], None] = lambda: None
    """Ends all that runs."""

    def map(self, run: Callable[[Job], Outcome], jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield `run(job)`, which calls `self.run`, for each job, in order."""
        with ThreadPoolExecutor(self.count) as threads:
            try:
                yield from map(run, jobs) if self.count == 1 else threads.map(run, jobs)
            except BaseException:
                self.stop()
                raise


@contextmanager
def processes(count: int, run: Callable[[Job], Result]) -> Iterator[Workers[Job, Result]]:
    """Yield `count` processes, which share the cores of this machine. A job whose process dies is run again."""
    threads, stopped = max(1, cores() // count), threading.Event()
    free: SimpleQueue[ProcessPoolExecutor | None] = SimpleQueue()
    for _ in range(count):
        free.put(None)

    def run_apart(job: Job) -> Result:
        process = free.get()
        try:
            for _ in range(MOST_STARTS):
                process = process or _start(threads)
                try:
                    return process.submit(run, job).result()
                except BrokenProcessPool:
                    process.shutdown()
                    process = None
                    if stopped.is_set():
                        break
        finally:
            free.put(process)
        raise _died()

    def stop() -> None:
        stopped.set()
        for process in multiprocessing.active_children():
            process.terminate()  # training saves its state first

    try:
        yield Workers(count, run_apart, stop)
    finally:
        while not free.empty():
            if (process := free.get()) is not None:
                process.shutdown()


def _start(threads: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin, (threads,))


def _begin(threads: int) -> None:
    """Prepare a worker process: it obeys its parent instead of Control-C, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_threads(threads)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def on_cluster(address: str, cores: int, most: int, run: Callable[[Job], Result]) -> Iterator[Workers[Job, Result]]:
    """Yield up to `most` workers of `cores` cores on a Ray cluster. Ray runs a job again if its worker dies.

    Raises:
        ConfigError: Ray is not installed, there is no cluster at `address`, or no machine has that many cores.
    """
    with cluster(address) as ray:
        place = Place(Path.cwd(), cores)
        running = set()

        def run_there(job: Job) -> Result:
            def work() -> Result:
                place.enter()
                return run(job)

            reference = ray.remote(num_cpus=cores, max_retries=MOST_STARTS - 1)(work).remote()
            running.add(reference)
            try:
                result: Result = ray.get(reference)
                return result
            except ray.exceptions.RayTaskError as error:
                raise (error.cause or error) from None
            except ray.exceptions.RayError:
                raise _died() from None
            finally:
                running.discard(reference)

        def stop() -> None:
            for reference in tuple(running):
                ray.cancel(reference, force=True)

        yield Workers(min(most, count_workers(ray, cores)), run_there, stop)


def _died() -> SumtuneError:
    return SumtuneError(
        f"The process of a trial died {MOST_STARTS} times, probably for lack of memory: use fewer workers. The same "
        "command continues."
    )
