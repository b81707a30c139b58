"""All threads but the main thread compute in one shared thread."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sumtune.decode.threads import in_torch_thread


def test_the_main_thread_computes_itself():
    assert in_torch_thread(threading.current_thread) is threading.main_thread()


def test_all_others_compute_in_one_thread_one_at_a_time():
    running, most = 0, 0

    def work():
        nonlocal running, most
        running += 1
        most = max(most, running)
        done = in_torch_thread(threading.current_thread)  # it may ask again
        running -= 1
        return done

    with ThreadPoolExecutor(4) as threads:
        used = set(threads.map(lambda _: in_torch_thread(work), range(40)))
    assert len(used) == 1
    assert threading.main_thread() not in used
    assert most == 1


def test_what_goes_wrong_is_raised_where_it_was_asked_for():
    def fail():
        raise ValueError("no")

    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="no"):
        threads.submit(in_torch_thread, fail).result()
