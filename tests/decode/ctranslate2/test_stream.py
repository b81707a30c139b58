"""Streaming shows exactly what greedy decoding writes, and stops a summary when asked."""

import pytest
import tiny

from sumtune.summarizer import AdjustableSummarizer, StreamingSummarizer

ARCHITECTURES = list(tiny.ARCHITECTURES)
KNOWN = [*((name, "ctranslate2") for name in ARCHITECTURES), ("gemma", "native"), ("llama", "native")]
known = pytest.mark.parametrize(("name", "engine"), KNOWN)
some = pytest.mark.parametrize(
    ("name", "engine"), [("llama", "ctranslate2"), ("t5", "ctranslate2"), ("llama", "native")]
)


def streamed(summarizer, dialogues, **options):
    """Return the completions, and the pieces of each dialogue."""
    pieces = [[] for _ in dialogues]

    def watch(at, piece):
        pieces[at].append(piece)
        return False

    return summarizer.stream(dialogues, watch, **options), pieces


@known
def test_streaming_writes_what_greedy_decoding_writes(shared, dialogues, name, engine):
    summarizer = shared(name, engine, beams=3)
    completions, pieces = streamed(summarizer, dialogues)
    assert completions == shared(name, engine).summarize(dialogues)
    assert ["".join(parts) for parts in pieces] == [completion.text for completion in completions]
    assert len({completion.text for completion in completions}) > 1
    assert any(len(parts) > 2 for parts in pieces), "in pieces, not at once"


@some
def test_a_lower_limit_and_no_dialogues(shared, dialogues, name, engine):
    summarizer = shared(name, engine)
    assert streamed(summarizer, dialogues, max_tokens=5)[0] == summarizer.summarize(dialogues, max_tokens=5)
    assert summarizer.stream([], lambda *_: False) == []


@some
def test_a_stopped_summary_ends_at_once_and_the_others_do_not(shared, dialogues, name, engine):
    summarizer = shared(name, engine)
    whole = summarizer.summarize(dialogues)
    stop = max(range(len(dialogues)), key=lambda at: whole[at].tokens)
    assert whole[stop].tokens > 3
    calls = []

    def watch(at, _piece):
        calls.append(at)
        return at == stop

    completions = summarizer.stream(dialogues, watch)
    assert calls.count(stop) == 1
    assert completions[stop].tokens <= 2
    assert not completions[stop].cut_off
    assert completions[:stop] + completions[stop + 1 :] == whole[:stop] + whole[stop + 1 :]


@pytest.mark.parametrize(
    ("name", "engine"), [*((n, e) for n in ("llama", "t5") for e in ("ctranslate2", "torch")), ("llama", "native")]
)
def test_beams_can_be_changed_without_loading_again(shared, dialogues, name, engine):
    greedy, searching = shared(name, engine), shared(name, engine, beams=3)
    assert greedy.with_beams(3).summarize(dialogues) == searching.summarize(dialogues)
    assert searching.with_beams(1).summarize(dialogues) == greedy.summarize(dialogues)
    assert greedy.summarize(dialogues) != searching.summarize(dialogues), "or this test could not fail"


def test_dialogues_over_the_sliding_window_stream_in_one_piece(shared):
    chats = [tiny.conversation(number)["dialogue"] for number in range(8)]
    texts = ["\n".join(chats[at : at + count]) for at, count in enumerate((1, 3, 5, 1))]
    routed = shared("gemma", "ctranslate2", beams=3)
    completions, pieces = streamed(routed, texts)
    assert completions == shared("gemma", "torch").summarize(texts) == routed.with_beams(1).summarize(texts)
    assert ["".join(parts) for parts in pieces] == [completion.text for completion in completions]
    assert sum(len(parts) == 1 for parts in pieces) == 2


def test_who_can_stream_says_so(shared):
    fast, slow = shared("t5", "ctranslate2"), shared("t5", "torch")
    assert isinstance(shared("llama", "native"), StreamingSummarizer)
    assert isinstance(shared("llama", "native"), AdjustableSummarizer)
    assert isinstance(fast, StreamingSummarizer)
    assert not isinstance(slow, StreamingSummarizer)
    assert isinstance(fast, AdjustableSummarizer)
    assert isinstance(slow, AdjustableSummarizer)
