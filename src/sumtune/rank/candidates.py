"""The stage `candidates`: the adapter of each half samples candidates for the other half, and each gets a reward."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.decode.engine_entry import delete_engines
from sumtune.errors import StoppedError
from sumtune.evaluate.rouge import Tokens, choose_tokens
from sumtune.files.checksums import fingerprint
from sumtune.files.failpoints import failpoint
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.model.adapter_files import WEIGHTS
from sumtune.model.locate import locate
from sumtune.rank.candidate_files import Candidates, load_candidates, save_candidates
from sumtune.rank.reward import reward
from sumtune.rank.training_texts import TrainingText
from sumtune.summarizer import OnProgress, SamplingSettings, SamplingSummarizer
from sumtune.text.encode import Encoder
from sumtune.train.graceful_stop import graceful_stop

__all__ = ["CandidateStage", "chunks_of", "loaded_candidates", "write_candidates"]

CHUNK = 64
"""Examples whose candidates are in one file. Writing them takes about a minute on two cores."""


@dataclass(frozen=True)
class CandidateStage:
    """What the candidates of one half are made from."""

    config: Config
    run_dir: RunDir
    half: str
    """Folder of the adapter that writes the candidates."""
    texts: Sequence[TrainingText]
    """All training examples."""
    others: Sequence[int]
    """Indices of the examples that this adapter has not seen."""

    @property
    def adapter(self) -> Path:
        """The folder of the adapter."""
        return self.run_dir.at_stage(self.half).adapter

    def chunks(self) -> list[tuple[Path, list[int]]]:
        """Return the files of candidates, each with the indices of its examples."""
        folder = self.run_dir.candidates
        chunks = chunks_of(self.others, [len(text.encoded.source) for text in self.texts])
        return [(folder / f"{self.half}-{number:04}.safetensors", chunk) for number, chunk in enumerate(chunks)]

    def made_from(self) -> str:
        """Return a hash of the adapter and the settings of sampling."""
        settings = self.config.rank.model_dump(include={"candidates", "temperature", "top_k"})
        return fingerprint([self.adapter / WEIGHTS], settings | {"seed": self.config.train.seed})


def chunks_of(examples: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Return `examples` in chunks of `CHUNK` of similar length; `lengths` are in tokens.

    >>> chunks_of([0, 2, 1], [5, 9, 1])
    [[2, 0, 1]]
    """
    by_length = sorted(examples, key=lambda at: (lengths[at], at))
    return [by_length[start : start + CHUNK] for start in range(0, len(by_length), CHUNK)]


def write_candidates(stage: CandidateStage, encoder: Encoder, progress: OnProgress) -> None:
    """Write the files of candidates that are missing, damaged or of another adapter.

    Raises:
        StoppedError: the user stopped the run. Every finished file is saved.
    """
    made_from = stage.made_from()
    missing = []
    for path, chunk in stage.chunks():
        if load_candidates(path, made_from) is None:
            missing.append((path, chunk))
        else:
            progress(len(chunk))
    if missing:
        model = _sampler(stage, encoder)
        tokens = choose_tokens("auto", [text.reference for text in stage.texts])
        with graceful_stop() as should_stop:
            for path, chunk in missing:
                _require_not_stopped(should_stop)
                save_candidates(_sampled(model, stage, chunk, encoder, tokens), path, made_from)
                failpoint("candidates.saved")
                progress(len(chunk))
        del model
        free_memory()
    delete_engines(stage.adapter)


def _require_not_stopped(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise StoppedError("Stopped while writing candidates; every finished part is saved.")


def _sampler(stage: CandidateStage, encoder: Encoder) -> SamplingSummarizer:
    model = stage.config.model
    decode = stage.config.decode.model_copy(update={"beams": 1})
    source = locate(model.name, model.revision)
    found = build_summarizer(source, stage.adapter, encoder.prompt, decode, model.device, encoder)
    return cast(SamplingSummarizer, found)  # every engine is one


def _sampled(
    model: SamplingSummarizer, stage: CandidateStage, chunk: Sequence[int], encoder: Encoder, tokens: Tokens
) -> Candidates:
    begun, rank = time.monotonic(), stage.config.rank
    texts = [stage.texts[at] for at in chunk]
    limit = encoder.prompt.max_target_tokens
    settings = SamplingSettings(rank.candidates, rank.temperature, rank.top_k, stage.config.train.seed, limit)
    ids = model.sample([text.encoded.source for text in texts], settings)
    rewards = [
        tuple(reward(encoder.decode(one), text.dialogue, text.reference, tokens) for one in some)
        for text, some in zip(texts, ids, strict=True)
    ]
    return Candidates(tuple(map(tuple, ids)), tuple(rewards), time.monotonic() - begun)


def loaded_candidates(stage: CandidateStage) -> Iterator[tuple[list[int], Candidates]]:
    """Yield the examples and the candidates of each finished file."""
    made_from = stage.made_from()
    for path, chunk in stage.chunks():
        if (found := load_candidates(path, made_from)) is not None:
            yield chunk, found
