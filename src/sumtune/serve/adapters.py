"""Registry of the models in service, by name. They are loaded and unloaded while the service runs."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sumtune.errors import ModelError, SumtuneError
from sumtune.serve.redaction import redacted_traceback
from sumtune.summarizer import AdjustableSummarizer, StreamingSummarizer, Summarizer

__all__ = ["BASE", "AdapterConflictError", "Adapters", "LoadedModel"]

BASE = "base"
"""Name of the model without any adapter."""

logger = logging.getLogger(__name__)


class AdapterConflictError(Exception):
    """A name is taken, or an adapter cannot be unloaded now. The message says which, and what to do."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A summarizer in service."""

    name: str
    description: str
    """Model and adapter, for people."""
    summarizer: Summarizer
    count_tokens: Callable[[Sequence[str]], list[int]]
    max_source_tokens: int
    """Longest dialogue it takes."""
    beams: int
    """Beams it searches with unless a request says otherwise."""
    slower_because: str | None = None
    """Why it does not use the native engine; None where it does."""
    _others: dict[int, Summarizer] = field(default_factory=dict, init=False, repr=False)

    def summarizer_with_beams(self, beams: int) -> Summarizer | None:
        """Return the summarizer that searches with `beams`, always the same object; None where its engine cannot."""
        if beams == self.beams:
            return self.summarizer
        if isinstance(self.summarizer, AdjustableSummarizer):
            if beams not in self._others:
                self._others[beams] = self.summarizer.with_beams(beams)
            return self._others[beams]
        return self.summarizer if beams == 1 and isinstance(self.summarizer, StreamingSummarizer) else None


Loader = Callable[[], LoadedModel]


class Adapters:
    """The adapters that the service has or is loading, the default first, and the base model.

    Names are reserved from the moment a load is asked for. Loads run one after the other, each in a thread.
    """

    def __init__(self, loads: Mapping[str, Loader] | None = None, load_base: Loader | None = None) -> None:
        self._loads = dict(loads or {})
        self._load_base = load_base
        self._base: LoadedModel | None = None
        self._base_lock = asyncio.Lock()
        self._adapters: dict[str, LoadedModel | None] = dict.fromkeys(self._loads)
        """None stands for an adapter that is still being loaded."""
        self._one_at_a_time = asyncio.Lock()
        self.ready = False
        """True once everything that the service was started with is loaded."""

    async def load_all(self) -> None:
        """Load what the service starts with. Raises SumtuneError, whatever goes wrong."""
        for name, load in self._loads.items():
            self._adapters[name] = await self._load(name, load)
        self.ready = True

    async def load(self, name: str, load: Loader) -> LoadedModel:
        """Load an adapter and serve it under `name`.

        Raises:
            AdapterConflictError: the name is taken.
            SumtuneError: it cannot be loaded, for whatever reason.
        """
        if name == BASE:
            raise AdapterConflictError(f"`{BASE}` is the name of the model without adapter: choose another one.")
        if name in self._adapters:
            state = "taken: unload that adapter first" if self._adapters[name] else "taken by an adapter being loaded"
            raise AdapterConflictError(f"The name {name!r} is {state}.")
        self._adapters[name] = None
        try:
            self._adapters[name] = model = await self._load(name, load)
        except BaseException:
            del self._adapters[name]
            raise
        return model

    def unload(self, name: str) -> None:
        """Take an adapter out of service. Summaries that it is writing are finished.

        Raises:
            KeyError: there is no such adapter.
            AdapterConflictError: it is the only one, or is still being loaded.
        """
        if self._adapters[name] is None:
            raise AdapterConflictError("This adapter is still being loaded: unload it when it is there.")
        if len(self.loaded()) == 1:
            raise AdapterConflictError("This is the only adapter: load another one first.")
        del self._adapters[name]
        gc.collect()  # a model may be held by a cycle of references, and its memory is wanted now

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, the default first."""
        return [*(model.name for model in self.loaded()), *([BASE] if self._load_base else [])]

    def loaded(self) -> list[LoadedModel]:
        """The adapters in service, the default first; without the base model."""
        return [model for model in self._adapters.values() if model is not None]

    def in_memory(self) -> list[LoadedModel]:
        """The adapters in service and, once it was asked for, the base model."""
        return [*self.loaded(), *([self._base] if self._base else [])]

    async def find(self, name: str | None = None) -> LoadedModel:
        """Return the summarizer of this name, the default where it is None.

        Raises:
            KeyError: there is none.
            SumtuneError: it is the base model, which cannot be loaded.
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
        """Load in a thread, after the loads before it. A fault of ours becomes one message and a line in the log."""
        async with self._one_at_a_time:
            begun = time.monotonic()
            try:
                model = await asyncio.to_thread(load)
            except SumtuneError:
                raise
            except Exception as error:
                logger.error("Loading %s failed: %s", name, redacted_traceback(error))
                reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
                raise ModelError(f"{name!r} cannot be loaded ({reason}); the log says where it failed.") from None
        engine = ". ".join(filter(None, (model.summarizer.engine, model.slower_because)))
        logger.info("Loaded %s in %.1f s, engine: %s", name, time.monotonic() - begun, engine)
        return model
