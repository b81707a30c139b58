"""Fake summarizers, and test clients for a service with them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType

from fastapi.testclient import TestClient

from sumtune.serve.adapters import LoadedModel
from sumtune.serve.app import create_app
from sumtune.serve.settings import ServeSettings
from sumtune.summarizer import Completion

KEY = "0123456789abcdef-first"
OTHER_KEY = "0123456789abcdef-other"
ADMIN = "0123456789abcdef-admin"
MAX_SOURCE_TOKENS = 50
URL = "http://127.0.0.1"


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def admin_settings(root, **options):
    """Return settings of a service where the admin key may load adapters from `root`."""
    return ServeSettings(workers=1, api_keys=(KEY,), admin_key=ADMIN, adapter_root=root, **options)


class FirstWordSummarizer:
    """Return the first word in capitals, and record the calls."""

    engine = "fake"
    decoding = MappingProxyType({"engine": "fake"})
    setup_s = 0.0

    def __init__(self):
        self.calls = []

    def batch_size(self, source_tokens):
        return 1

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        self.calls.append(list(dialogues))
        return [Completion(text.split()[0].upper(), len(text.split()), len(text) > 100) for text in dialogues]


class EchoSummarizer:
    """Stream the dialogue word by word, with `pause_s` between words. A cleared `gate` blocks it."""

    engine = "fake streaming"
    decoding = MappingProxyType({"engine": "fake streaming"})
    setup_s = 0.0

    def __init__(self, pause_s=0.0, beams=1):
        self.pause_s = pause_s
        self.beams = beams
        self.calls = []
        self.words = 0
        self.gate = threading.Event()
        self.gate.set()

    def with_beams(self, beams):
        other = EchoSummarizer(self.pause_s, beams)
        other.calls = self.calls
        return other

    def batch_size(self, source_tokens):
        return 1

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        self.calls.append(list(dialogues))
        self.gate.wait(10)
        time.sleep(self.pause_s)
        return [self._completion(text, f"beams {self.beams}: {text}", max_tokens) for text in dialogues]

    def stream(self, dialogues, watch, max_tokens=None, styles=None):
        self.calls.append(list(dialogues))
        self.gate.wait(10)
        told = [[] for _ in dialogues]
        stopped = set()
        limit = max_tokens or MAX_SOURCE_TOKENS
        for turn in range(limit):
            for at, text in enumerate(dialogues):
                words = text.split()
                if turn < len(words) and at not in stopped:
                    time.sleep(self.pause_s)
                    self.words += 1
                    told[at].append(words[turn])
                    if watch(at, words[turn] if turn == 0 else f" {words[turn]}"):
                        stopped.add(at)
        return [
            self._completion(text, " ".join(words), max_tokens) for text, words in zip(dialogues, told, strict=True)
        ]

    @staticmethod
    def _completion(dialogue, summary, max_tokens):
        limit = max_tokens or MAX_SOURCE_TOKENS
        return Completion(summary, min(limit, len(summary.split())), cut_off=len(dialogue.split()) > limit)


class FirstWordsSummarizer:
    """Stream the first `words` words of each dialogue. Each call takes one of the `permits`, if there are any set."""

    engine = "fake shortening"
    decoding = MappingProxyType({"engine": "fake shortening"})
    setup_s = 0.0

    def __init__(self, words=2, permits=None):
        self.words = words
        self.permits = permits
        self.calls = []

    def batch_size(self, source_tokens):
        return 1

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        return self.stream(dialogues, lambda _at, _piece: False, max_tokens)

    def stream(self, dialogues, watch, max_tokens=None, styles=None):
        self.calls.append(list(dialogues))
        assert self.permits is None or self.permits.acquire(timeout=10)
        texts = [" ".join(text.split()[: self.words]) for text in dialogues]
        for at, text in enumerate(texts):
            watch(at, text)
        return [Completion(text, len(text.split()), cut_off=False) for text in texts]


class FailingSummarizer:
    """Fail with an exception that quotes the dialogue."""

    engine = "fake broken"
    decoding = MappingProxyType({"engine": "fake broken"})
    setup_s = 0.0

    def batch_size(self, source_tokens):
        return 1

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        raise RuntimeError(f"cannot decode {dialogues[0]!r}")


class StyleSummarizer(FirstWordSummarizer):
    """Return the style of each dialogue."""

    styles = ("for the engineer", "in one sentence")

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        return [Completion(f"style: {style}", 2, False) for style in styles]


def count_tokens(texts):
    return [len(text.split()) for text in texts]


def loaded_model(name, summarizer, beams=1, long="truncate"):
    styles = getattr(summarizer, "styles", None)
    return LoadedModel(name, f"Tiny + {name}", summarizer, count_tokens, MAX_SOURCE_TOKENS, beams, long, styles=styles)


def make_app(summarizers, long="truncate", **options):
    """Return an application that serves `summarizers` by name."""
    loads = {name: lambda name=name, one=one: loaded_model(name, one, long=long) for name, one in summarizers.items()}
    options.setdefault("settings", ServeSettings(workers=1))
    return create_app(loads, **options)


@contextmanager
def make_client(summarizers, **options) -> Iterator[TestClient]:
    """Yield a client of an application that is ready."""
    with TestClient(make_app(summarizers, **options), base_url=URL) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        yield client


def wait_for(condition, seconds=10.0):
    """Return when `condition()` is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def events(text):
    """Return name and data of each server-sent event."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        data = lines["data"]
        found.append((lines.get("event"), data if data == "[DONE]" else json.loads(data)))
    return found
