"""The summarizers that are served, by name; they are loaded and unloaded while the service runs."""

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sumtune.summarizer import AdjustableSummarizer, StreamingSummarizer, Summarizer

__all__ = ["BASE", "Adapters", "LastAdapterError", "Served", "TakenError"]

BASE = "base"
"""Name of the model without any adapter."""


class TakenError(Exception):
    """There is a summarizer of this name already, or one is being loaded."""


class LastAdapterError(Exception):
    """The only adapter cannot be unloaded."""


@dataclass(frozen=True, eq=False)
class Served:
    """One summarizer as it is served."""

    name: str
    description: str
    """Model and adapter, for people."""
    summarizer: Summarizer
    count_tokens: Callable[[Sequence[str]], list[int]]
    max_source_tokens: int
    """Longest dialogue it takes."""
    beams: int
    """What it searches with unless a request says otherwise."""
    _others: dict[int, Summarizer] = field(default_factory=dict, init=False, repr=False)

    def searching(self, beams: int) -> Summarizer | None:
        """Its summarizer with this number of beams, always the same object; None where its engine cannot do that."""
        if beams == self.beams:
            return self.summarizer
        if isinstance(self.summarizer, AdjustableSummarizer):
            if beams not in self._others:
                self._others[beams] = self.summarizer.with_beams(beams)
            return self._others[beams]
        return self.summarizer if beams == 1 and isinstance(self.summarizer, StreamingSummarizer) else None


Load = Callable[[], Served]


class Adapters:
    """The adapters that are loaded, the default first, and the base model, loaded when it is first asked for."""

    def __init__(self, load_base: Load | None = None) -> None:
        self._load_base = load_base
        self._base: Served | None = None
        self._base_lock = asyncio.Lock()
        self._loaded: dict[str, Served] = {}
        self._loading: set[str] = set()
        self.ready = False
        """True once all that the service was started with is loaded."""

    async def load_all(self, loads: Mapping[str, Load]) -> None:
        """Loads what the service starts with, one after the other, and is ready then."""
        for name, load in loads.items():
            await self.load(name, load)
        self.ready = True

    async def load(self, name: str, load: Load) -> Served:
        """Loads in a thread, then serves under `name`.

        Raises:
            TakenError: the name is in use.
        """
        if name in self.names or name in self._loading:
            raise TakenError(name)
        self._loading.add(name)
        try:
            served = await asyncio.to_thread(load)
        finally:
            self._loading.discard(name)
        self._loaded[name] = served
        return served

    def unload(self, name: str) -> None:
        """Takes an adapter out of service; what it is decoding now is finished.

        Raises:
            KeyError: there is no such adapter.
            LastAdapterError: it is the only one.
        """
        if name not in self._loaded:
            raise KeyError(name)
        if len(self._loaded) == 1:
            raise LastAdapterError(name)
        del self._loaded[name]
        gc.collect()  # a model may be held by a circle of references: its memory is wanted now

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, the default first."""
        return [*self._loaded, *([BASE] if self._load_base else [])]

    def loaded(self) -> list[Served]:
        """The adapters in service, the default first; without the base model."""
        return list(self._loaded.values())

    async def find(self, name: str | None = None) -> Served:
        """The summarizer of this name, the default where it is None.

        Raises:
            KeyError: there is none.
        """
        if name is None:
            name = next(iter(self._loaded))
        if name == BASE and self._load_base is not None:
            return await self._get_base(self._load_base)
        return self._loaded[name]

    async def _get_base(self, load: Load) -> Served:
        async with self._base_lock:
            if self._base is None:
                self._base = await asyncio.to_thread(load)
            return self._base
