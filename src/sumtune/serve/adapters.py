"""Registry of the loaded models, by name. Adapters can be loaded and unloaded while the service runs."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sumtune.errors import ModelError, SumtuneError
from sumtune.serve.redaction import redacted_traceback
from sumtune.summarizer import AdjustableSummarizer, StreamingSummarizer, Summarizer

__all__ = ["BASE", "AdapterConflictError", "Adapters", "LoadedModel"]

BASE = "base"
"""Name of the base model without an adapter."""

logger = logging.getLogger(__name__)


class AdapterConflictError(Exception):
    """The name is taken, or the adapter cannot be unloaded now. The message says which, and what to do."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """Summarizer with its name, tokenizer and limits."""

    name: str
    description: str
    """Human-readable name of the base model and the adapter."""
    summarizer: Summarizer
    count_tokens: Callable[[Sequence[str]], list[int]]
    max_source_tokens: int
    """Length of the longest dialogue the model reads whole, in tokens."""
    beams: int
    """Default number of beams."""
    long: Literal["parts", "truncate"] = "truncate"
    """Whether a longer dialogue is read in parts. Otherwise the service refuses it: it never cuts a dialogue."""
    slower_because: str | None = None
    """Why it does not use the native engine; None if it does."""
    styles: tuple[str, ...] | None = None
    """The styles that it was tuned with; None if it was tuned without."""
    _by_beams: dict[int, Summarizer] = field(default_factory=dict, init=False, repr=False)

    def summarizer_with_beams(self, beams: int) -> Summarizer | None:
        """Return the summarizer for `beams`, or None if the engine does not support that number.

        The same `beams` always returns the same object, so that requests can share a batch.
        """
        if beams == self.beams:
            return self.summarizer
        if isinstance(self.summarizer, AdjustableSummarizer):
            if beams not in self._by_beams:
                self._by_beams[beams] = self.summarizer.with_beams(beams)
            return self._by_beams[beams]
        return self.summarizer if beams == 1 and isinstance(self.summarizer, StreamingSummarizer) else None


Loader = Callable[[], LoadedModel]


class Adapters:
    """Registry of adapters (the default first) and of the base model.

    A load reserves its name at once. Loads run one at a time, each in a thread.
    """

    def __init__(self, loads: Mapping[str, Loader] | None = None, load_base: Loader | None = None) -> None:
        self._loads = dict(loads or {})
        self._load_base = load_base
        self._base: LoadedModel | None = None
        self._base_lock = asyncio.Lock()
        self._adapters: dict[str, LoadedModel | None] = dict.fromkeys(self._loads)
        """Adapters by name; None while an adapter is being loaded."""
        self._load_lock = asyncio.Lock()
        self.ready = False
        """Whether all adapters the service was started with are loaded."""

    async def load_all(self) -> None:
        """Load the adapters the service was started with. Every failure raises SumtuneError."""
        for name, load in self._loads.items():
            self._adapters[name] = await self._load(name, load)
        self.ready = True

    async def load(self, name: str, load: Loader) -> LoadedModel:
        """Load an adapter and register it as `name`.

        Raises:
            AdapterConflictError: the name is taken.
            SumtuneError: loading failed, for any reason.
        """
        if name == BASE:
            raise AdapterConflictError(f"`{BASE}` is the name of the model without an adapter: choose another name.")
        if name in self._adapters:
            state = (
                "taken: unload that adapter first" if self._adapters[name] else "taken by an adapter that is loading"
            )
            raise AdapterConflictError(f"The name {name!r} is {state}.")
        self._adapters[name] = None
        try:
            self._adapters[name] = model = await self._load(name, load)
        except BaseException:
            del self._adapters[name]
            raise
        return model

    def unload(self, name: str) -> None:
        """Remove an adapter. Running requests finish.

        Raises:
            KeyError: there is no such adapter.
            AdapterConflictError: it is the only one, or is still being loaded.
        """
        if self._adapters[name] is None:
            raise AdapterConflictError("This adapter is still being loaded: try again when it is loaded.")
        if len(self.loaded()) == 1:
            raise AdapterConflictError("This is the only adapter: load another adapter first.")
        del self._adapters[name]
        gc.collect()  # a reference cycle may keep the model alive; free its memory now

    @property
    def names(self) -> list[str]:
        """Names that a request may use, the default first."""
        return [*(model.name for model in self.loaded()), *([BASE] if self._load_base else [])]

    def loaded(self) -> list[LoadedModel]:
        """Return the loaded adapters, the default first, without the base model."""
        return [model for model in self._adapters.values() if model is not None]

    def in_memory(self) -> list[LoadedModel]:
        """Return the loaded adapters and, if it is loaded, the base model."""
        return [*self.loaded(), *([self._base] if self._base else [])]

    async def find(self, name: str | None = None) -> LoadedModel:
        """Return the model called `name`, or the default if `name` is None. The base model is loaded on first use.

        Raises:
            KeyError: there is no such model.
            SumtuneError: the base model cannot be loaded.
        """
        if name is None:
            return self.loaded()[0]
        if name == BASE and self._load_base is not None:
            return await self._find_base(self._load_base)
        model = self._adapters[name]
        if model is None:
            raise KeyError(name)
        return model

    async def _find_base(self, load: Loader) -> LoadedModel:
        async with self._base_lock:
            if self._base is None:
                self._base = await self._load(BASE, load)
            return self._base

    async def _load(self, name: str, load: Loader) -> LoadedModel:
        """Load in a thread. An unexpected exception is logged and becomes a ModelError."""
        async with self._load_lock:
            start = time.monotonic()
            try:
                model = await asyncio.to_thread(load)
            except SumtuneError:
                raise
            except Exception as error:
                logger.error("Loading %s failed: %s", name, redacted_traceback(error))
                reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
                raise ModelError(f"{name!r} cannot be loaded ({reason}); see the log.") from None
        engine = ". ".join(filter(None, (model.summarizer.engine, model.slower_because)))
        logger.info("Loaded %s in %.1f s, engine: %s", name, time.monotonic() - start, engine)
        return model
