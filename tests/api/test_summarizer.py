"""A tuned model in memory: texts, threads, pickles, memory."""

import gc
import logging
import pickle
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from api_world import PAIRS, World

import sumtune
from sumtune.commands.summarize import summarize_text
from sumtune.errors import InputError, ModelError
from sumtune.files.run_dir import RunDir

DIALOGUES = [dialogue for dialogue, _ in PAIRS[:6]]


@pytest.fixture
def summarizer(world: World) -> Iterator[sumtune.Summarizer]:
    with sumtune.Summarizer.load("runs/chats") as loaded:
        yield loaded


def test_a_dialogue_has_one_summary_and_a_list_as_many(summarizer: sumtune.Summarizer) -> None:
    (first, *_), one = summarizer.summarize(DIALOGUES), summarizer.summarize(DIALOGUES[0])
    assert first == one == summarize_text(DIALOGUES[0], RunDir(Path("runs/chats")))
    assert summarizer.summarize([]) == []
    turns = [dict(zip(("speaker", "text"), turn.split(": ", 1), strict=True)) for turn in DIALOGUES[0].splitlines()]
    assert summarizer.summarize([turns, f"\n{DIALOGUES[0]}\r\n"]) == [one, one]


def test_threads_get_the_summaries_of_one_thread(summarizer: sumtune.Summarizer) -> None:
    expected = [summarizer.summarize(dialogue) for dialogue in DIALOGUES]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(summarizer.summarize, DIALOGUES * 2)) == expected * 2


def test_a_pickle_holds_the_path_alone(summarizer: sumtune.Summarizer, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pickle.dumps(summarizer)
    assert len(content) < 1000
    monkeypatch.chdir("/")
    with pickle.loads(content) as same:
        assert same.summarize(DIALOGUES) == summarizer.summarize(DIALOGUES)


def test_the_end_of_a_context_frees_the_model(world: World) -> None:
    with sumtune.Summarizer.load(world.run) as loaded:
        model = weakref.ref(loaded._tuned.summarizer)  # type: ignore[union-attr]
        assert "torch" in repr(loaded)
    gc.collect()
    assert model() is None
    assert "closed" in repr(loaded)
    loaded.close()
    with pytest.raises(ValueError, match="closed"):
        loaded.summarize(DIALOGUES[0])


def test_what_cannot_be_summarized_is_said(summarizer: sumtune.Summarizer) -> None:
    with pytest.raises(InputError, match="Dialogue 2 is empty"):
        summarizer.summarize([DIALOGUES[0], " \n"])
    with pytest.raises(InputError, match="Dialogue 1 is 'int', not text"):
        summarizer.summarize([7])
    with pytest.raises(ModelError, match="without styles"):
        summarizer.summarize(DIALOGUES[0], style="in one word")
    with pytest.raises(ModelError, match="neither an adapter folder nor a run folder"):
        sumtune.Summarizer.load("no/such/run")


def test_a_dialogue_that_is_not_read_at_once_is_logged_without_its_text(
    summarizer: sumtune.Summarizer, caplog: pytest.LogCaptureFixture
) -> None:
    long = "\n".join(f"Ann: And {number} more, please." for number in range(400))
    with caplog.at_level(logging.WARNING, logger="sumtune"):
        summarizer.summarize([DIALOGUES[0], long], max_tokens=4)
    assert any("Dialogue 2 has" in message for message in caplog.messages)
    assert "please" not in caplog.text
