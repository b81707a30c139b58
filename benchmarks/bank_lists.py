"""The runs of bank.py: those that the forecast of scores is fitted on, and those that it is tested on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sumtune.config import Config
from sumtune.config_resolution import resolve

SIZES = {
    "samsum": (40, 100, 200, 400, 800, 1614), "dialogsum": (40, 80, 160, 320), "qmsum": (40, 80, 120),
    "embedded": (40, 80, 120),
}  # fmt: skip
OTHER_SIZES = {
    "samsum": (60, 150, 300, 600, 1200), "dialogsum": (60, 120, 240), "qmsum": (60, 100), "embedded": (60, 100),
}  # fmt: skip
HALVES = {"samsum": (200, 400), "dialogsum": (80, 140)}
"""Sizes of runs on the dialogues below and above the median length alone."""
TRUNCATED = {"qmsum": ("model.max_source_tokens=1024", "model.long=truncate")}
"""Settings of every run on a data set."""


@dataclass(frozen=True)
class BankRun:
    """One run: a data set, its number of training examples before `data.train_share`, a preset, a seed and settings."""

    data: str
    """Name of a data set; with `:short` or `:long`, only its dialogues below or above the median length."""
    examples: int
    preset: str = "quality"
    seed: int = 0
    settings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name of the row."""
        return "/".join((self.data, str(self.examples), self.preset, str(self.seed), *self.settings))

    @classmethod
    def of(cls, key: str) -> "BankRun":
        """Return the run that `key` names.

        >>> BankRun.of("samsum:long/400/quality/1/train.epochs=1").settings
        ('train.epochs=1',)
        """
        data, examples, preset, seed, *settings = key.split("/")
        return cls(data, int(examples), preset, int(seed), tuple(settings))

    @property
    def source(self) -> str:
        """Name of the data set alone."""
        return self.data.partition(":")[0]

    def config(self, model: str, device: str) -> Config:
        """Return the configuration of the run."""
        fixed = (f"train.seed={self.seed}", f"model.device={device}", "evaluate.base=false")
        fixed += ("model.precision=bf16",) * (device == "cuda")  # not measured, as other runs share the GPU
        assignments = (*fixed, *TRUNCATED.get(self.source, ()), *self.settings)
        return resolve(self.preset, overrides={"model.name": model}, assignments=assignments)

    def cost(self) -> float:
        """Return roughly how long the run takes, in optimizer steps on short dialogues."""
        config = self.config("embedded", "auto")
        steps = self.examples * config.data.train_share * config.train.epochs / config.train.effective_batch_size
        return (80 + steps) * (3 if self.source == "qmsum" else 1)


def bank() -> Iterator[BankRun]:
    """Yield the runs that the forecast is fitted on."""
    for data, sizes in SIZES.items():
        for examples in sizes:
            yield BankRun(data, examples)
            yield from (BankRun(data, examples, preset) for preset in ("balanced", "fast") if examples >= 80)
        for examples in sizes[1:3]:
            yield BankRun(data, examples, seed=1)
    for data, sizes in HALVES.items():
        for half in ("short", "long"):
            yield from (BankRun(f"{data}:{half}", examples) for examples in sizes)
            yield BankRun(f"{data}:{half}", sizes[1], "fast")
    for data, examples in (("samsum", 400), ("dialogsum", 320), ("embedded", 120), ("qmsum", 120)):
        yield from (BankRun(data, examples, settings=(f"train.epochs={count}",)) for count in (1, 6))


def coverage() -> Iterator[BankRun]:
    """Yield runs on other subsets, with other seeds and sizes, that the forecast is tested on."""
    sizes = {
        "samsum": (60, 150, 300, 600, 1200),
        "dialogsum": (60, 120, 240),
        "qmsum": (60, 100),
        "embedded": (60, 100),
    }
    for data, some in sizes.items():
        for examples in some:
            yield BankRun(data, examples, seed=3)
            yield BankRun(data, examples, "fast" if examples >= 100 else "balanced", seed=4)
    for data, examples in (("samsum:short", 300), ("samsum:long", 300), ("dialogsum:long", 120), ("samsum", 300)):
        yield BankRun(data, examples, "balanced", seed=5)


LISTS = {"bank": bank, "coverage": coverage}


def runs(name: str) -> list[BankRun]:
    """Return the runs of a list, or of a file with a key in each line, cheapest first."""
    chosen = LISTS[name]() if name in LISTS else map(BankRun.of, Path(name).read_text(encoding="utf-8").split())
    return sorted(chosen, key=lambda run: (run.cost(), run.key))
