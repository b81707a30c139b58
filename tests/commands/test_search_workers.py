"""Workers give the results of a loop, in its order, whatever happens to their processes."""

import os
import time
from pathlib import Path

import pytest
from worker_jobs import die, die_twice, refuse, square

from sumtune.commands import search_workers
from sumtune.commands.search_workers import Workers, processes
from sumtune.errors import ConfigError, SumtuneError


def results(run, count: int, folder: Path) -> list[int]:
    with processes(count, run) as workers:
        return list(workers.map(workers.run, [(number, folder) for number in range(4)]))


def test_a_job_whose_process_dies_is_run_again_and_counted_once(tmp_path: Path) -> None:
    assert results(die_twice, 2, tmp_path) == [0, 1, 4, 9]
    runs = sorted(file.name.partition("-")[0] for file in tmp_path.iterdir())
    assert runs == ["0", "1", "1", "1", "2", "3"]


def test_a_job_that_kills_every_process_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_workers, "MOST_STARTS", 2)
    with pytest.raises(SumtuneError, match="died 2 times"):
        results(die, 1, tmp_path)


def test_an_error_ends_the_other_processes(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError, match="No such layer"):
        results(refuse, 2, tmp_path)
    assert time.monotonic() - begun < 50


def test_without_processes_jobs_run_here_one_after_another(tmp_path: Path) -> None:
    workers = Workers(1, square)
    assert list(workers.map(workers.run, [(number, tmp_path) for number in range(3)])) == [0, 1, 4]
    assert {file.name for file in tmp_path.iterdir()} == {f"{number}-{os.getpid()}" for number in range(3)}
