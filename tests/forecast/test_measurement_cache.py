"""Nothing is measured twice, unless something that it depends on has changed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sumtune.forecast.forecast import MEASURED, MEASURED_BEFORE, calibrate, forecast
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.forecast.timing import TrainingCosts
from sumtune.train.session import Session

NO_SAMPLES = {"train.sampled_summaries": 0}
"""Sampled summaries take time of their own."""
COSTS = TrainingCosts(epoch=10.0, update=0.5, validation=2.0)


@pytest.fixture(scope="module")
def session(session_in: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session that no test changes."""
    return session_in(tmp_path_factory.mktemp("session"), "llama", changed=NO_SAMPLES)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[list[Session]]:
    """The sessions that were measured, not read from the cache."""
    sessions: list[Session] = []

    def measure(session: Session) -> TrainingCosts:
        sessions.append(session)
        return COSTS

    monkeypatch.setattr("sumtune.forecast.forecast.training_costs", measure)
    monkeypatch.setattr("sumtune.forecast.forecast.free_memory", lambda: None)  # slow, and nothing to free here
    return sessions


def test_the_second_forecast_is_the_first(
    session: Session, session_in: Callable[..., Session], tmp_path: Path, measured: list[Session]
) -> None:
    first, second = forecast(session, 3.0), forecast(session_in(tmp_path, "llama", "other", NO_SAMPLES), 3.0)
    assert len(measured) == 1
    assert (first.origin, second.origin) == (MEASURED, MEASURED_BEFORE)
    assert first.training_s == second.training_s == pytest.approx(COSTS.seconds(session.plan))
    assert first.peak_memory_bytes == second.peak_memory_bytes > 0


def test_how_often_and_how_fast_is_learned_needs_no_new_measurement(
    session: Session, session_in: Callable[..., Session], tmp_path: Path, measured: list[Session]
) -> None:
    forecast(session, None)
    longer = session_in(tmp_path, "llama", "longer", NO_SAMPLES | {"train.epochs": 9, "train.learning_rate": 1e-5})
    assert forecast(longer, None).training_s == pytest.approx(COSTS.seconds(longer.plan))
    assert len(measured) == 1


@pytest.mark.parametrize(
    "changed", [{"lora.rank": 2}, {"train.micro_batch_tokens": 256}, {"train.effective_batch_size": 2},
                {"model.max_source_tokens": 96}],
)  # fmt: skip
def test_what_changes_the_work_is_measured_anew(
    session: Session,
    session_in: Callable[..., Session],
    tmp_path: Path,
    measured: list[Session],
    changed: dict[str, object],
) -> None:
    forecast(session, None)
    forecast(session_in(tmp_path, "llama", "other", NO_SAMPLES | changed), None)
    assert len(measured) == 2


def test_less_memory_at_once_is_measured_anew(session: Session, measured: list[Session]) -> None:
    forecast(session, None)
    forecast(replace(session, max_tokens=100), None)
    assert len(measured) == 2


def test_another_variant_of_the_kernels_is_measured_anew(
    session: Session, measured: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variant in ("avx512", "avx2", "avx2", None):
        monkeypatch.setattr(Session, "kernels", variant)
        forecast(session, None)
    assert len(measured) == 3


@pytest.mark.usefixtures("measured")
def test_a_run_that_took_longer_than_was_said_is_learned_from(session: Session) -> None:
    said = forecast(session, None)
    calibrate(session, said, 3 * said.training_s)
    again = forecast(session, None)
    assert again.training_s == pytest.approx(3 * said.training_s)
    assert again.peak_memory_bytes == said.peak_memory_bytes


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"epoch": 1}', '{"epoch": "x"}', "NaN", '{"epoch": -1, "update": 1}']
)
def test_a_damaged_file_is_measured_anew(
    session: Session, measured: list[Session], own_cache: Path, content: str
) -> None:
    said = forecast(session, None)
    (file,) = own_cache.glob("forecasts/*/seconds.json")
    file.write_text(content)
    assert forecast(session, None).training_s == said.training_s
    assert len(measured) == 2
    assert set(json.loads(file.read_text())) >= set(vars(COSTS))


def test_where_the_cache_cannot_be_written_the_process_itself_remembers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path / "file"))
    cache = MeasurementCache.of([], "settings")
    cache.write({"epoch": 1.0})
    assert cache.read() == {"epoch": 1.0}
