"""What the model saw: the first micro-batch of training as text, decoded from the token ids themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sumtune.config import Config
from sumtune.model.cached_tokenizer import find_tokenizer
from sumtune.model.locate import find_local
from sumtune.report.view.run_files import RunFiles
from sumtune.text.batching import micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.training_plan import TrainingPlan

__all__ = ["FirstBatch", "TrainedText", "first_batch_of"]

SHOWN_TOKENS = 600
"""Most tokens of a source that are shown: the first and the last of them."""


@dataclass(frozen=True)
class TrainedText:
    """One example as the model gets it."""

    read: tuple[str, ...]
    """The text before and after what is left out; one text if nothing is."""
    left_out: int
    """Tokens that are not shown."""
    learned: str


@dataclass(frozen=True)
class FirstBatch:
    """The first micro-batch. The loss covers the learned tokens only."""

    read_tokens: int
    learned_tokens: int
    examples: int
    texts: tuple[TrainedText, ...]
    """Empty if the texts must not be shown, or if the tokenizer is not on this machine any more."""


def first_batch_of(files: RunFiles, *, texts: bool) -> FirstBatch | None:
    """Return the first micro-batch of training as a CPU forms it; None if the folder has no encoded examples."""
    if not files.encoded:
        return None
    batch = _first(files.encoded, files.config)
    decode = _decoder(files.config) if texts else None
    return FirstBatch(
        read_tokens=sum(len(example.source) for example in batch),
        learned_tokens=sum(len(example.target) for example in batch),
        examples=len(batch),
        texts=() if decode is None else tuple(_text(example, decode) for example in batch),
    )


def _first(encoded: Sequence[Encoded], config: Config) -> list[Encoded]:
    lengths = tuple(example.length for example in encoded)
    first_step = TrainingPlan(lengths, config.train).batch(0)
    return [encoded[at] for at in micro_batches(first_step, lengths, config.train.micro_batch_tokens)[0]]


def _decoder(config: Config) -> Callable[[Sequence[int]], str] | None:
    folder = find_local(config.model.name, config.model.revision)
    tokenizer = None if folder is None else find_tokenizer(folder)
    return None if tokenizer is None else tokenizer.decode


def _text(example: Encoded, decode: Callable[[Sequence[int]], str]) -> TrainedText:
    source, half = example.source, SHOWN_TOKENS // 2
    cut = len(source) > SHOWN_TOKENS
    parts = (source[:half], source[-half:]) if cut else (source,)
    left_out = len(source) - SHOWN_TOKENS if cut else 0
    return TrainedText(tuple(map(decode, parts)), left_out, decode(example.target))
