"""On a GPU, a batch holds as many dialogues as fit, and a batch that does not fit is halved."""

from typing import Any

import pytest
import torch
from transformers import AutoConfig

from sumtune.decode import torch as torch_engine
from sumtune.decode.gpu_batches import MAX_ROWS, MEMORY_SHARE, RowBytes
from sumtune.decode.torch import TorchSummarizer
from sumtune.summarizer import SamplingSettings


class _Gpu:
    """Stands for a CUDA device."""

    type = "cuda"


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of the batches that the torch engine generates."""
    sizes: list[int] = []
    generate = TorchSummarizer._generate

    def watched(self: TorchSummarizer, sources: list[list[int]], limit: int) -> Any:
        sizes.append(len(sources))
        return generate(self, sources, limit)

    monkeypatch.setattr(TorchSummarizer, "_generate", watched)
    return sizes


def test_halves_of_a_batch_that_does_not_fit_give_the_same_summaries(make, dialogues, monkeypatch, batches) -> None:
    summarizer = make("gemma", "torch", beams=2)
    whole, generate = summarizer.summarize(dialogues), TorchSummarizer._generate

    def tight(self: TorchSummarizer, sources: list[list[int]], limit: int) -> Any:
        if len(sources) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(self, sources, limit)

    monkeypatch.setattr(TorchSummarizer, "_generate", tight)
    batches.clear()
    assert summarizer.summarize(dialogues) == whole
    assert sum(batches) == len(dialogues)
    assert max(batches) <= 2


def test_a_dialogue_that_does_not_fit_alone_is_an_error(make, dialogues, monkeypatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(TorchSummarizer, "_generate", full)
    with pytest.raises(torch.OutOfMemoryError):
        make("gemma", "torch").summarize(dialogues)


def test_halves_of_a_batch_of_samples_give_the_same_candidates(make, dialogues, monkeypatch) -> None:
    summarizer, draw = make("gemma", "torch"), TorchSummarizer._draw
    sources, settings = [[at, at + 1, at + 2] for at in range(5, 11)], SamplingSettings(3, 1.0, 20, 0, 6)
    whole = summarizer.sample_scored(sources, settings)

    def tight(self: TorchSummarizer, sources: list[list[int]], settings: SamplingSettings) -> Any:
        if len(sources) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return draw(self, sources, settings)

    monkeypatch.setattr(TorchSummarizer, "_draw", tight)
    halves = summarizer.sample_scored(sources, settings)
    assert [[one.ids for one in some] for some in halves] == [[one.ids for one in some] for some in whole]


@pytest.mark.parametrize(("memory", "fewer"), [(10**12, False), (2 * 10**7, True)])
def test_the_batch_of_a_gpu_follows_its_memory(make, dialogues, monkeypatch, memory: int, fewer: bool) -> None:
    summarizer = make("t5", "torch", beams=2)
    monkeypatch.setattr(torch_engine, "total_bytes", lambda _device: memory)
    monkeypatch.setattr(type(summarizer._model), "device", _Gpu(), raising=True)
    sources = [list(range(100))] * 500
    sizes = [len(batch) for batch in summarizer._batches(sources, limit=28, rows=2)]
    assert sum(sizes) == 500
    assert (len(sizes) > 1) == fewer
    assert summarizer.batch_size(100) >= sizes[0]


@pytest.mark.parametrize("beams", [1, 4])
def test_a_batch_takes_no_more_than_its_share_by_the_estimate(tiny_models, beams: int) -> None:
    for folder in tiny_models.values():
        row = RowBytes.of(AutoConfig.from_pretrained(folder), itemsize=2)
        tokens, dialogues = row.limits(10**9, beams)
        assert beams * (tokens * row.per_token + dialogues * row.per_row) <= MEMORY_SHARE * 10**9
        assert 1 <= dialogues * beams <= MAX_ROWS
    assert row.limits(1, beams) == (0, 1), "one dialogue at least"
