"""The first signal requests a graceful stop, the second one acts as usual."""

import signal
import threading
from collections.abc import Iterator

import pytest

from sumtune.train.graceful_stop import SIGNALS, graceful_stop


@pytest.fixture(autouse=True)
def _usual_handlers() -> Iterator[None]:
    """Signal handlers of a command in a terminal, however these tests were started."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with graceful_stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_only_requests_a_stop(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with graceful_stop() as stop:
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        assert [signal.getsignal(each) for each in SIGNALS] == before, "the next one acts as always"
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_a_second_control_c_interrupts() -> None:
    with graceful_stop():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_without_a_signal_nothing_changes() -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with graceful_stop() as stop:
        assert not stop()
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_other_threads_only_never_stop() -> None:
    answers: list[bool] = []

    def work() -> None:
        with graceful_stop() as stop:
            answers.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
