"""The proof of an export: it must summarize validation examples as the tuned model does."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.config import RougeTokens
from sumtune.data.example_file import load_jsonl
from sumtune.errors import RunDirError
from sumtune.evaluate import overlap
from sumtune.evaluate.compare import Difference, differences
from sumtune.evaluate.reference_groups import ReferencedDialogue, group_by_dialogue
from sumtune.evaluate.rouge import choose_tokens
from sumtune.export.format import Artefact
from sumtune.export.source import ExportSource
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.summarizer import OnProgress

__all__ = ["MOST_LOST_ROUGE1", "Agreement", "Proof", "Sample", "Written", "choose_sample", "compare_written", "prove"]

MOST_LOST_ROUGE1 = 0.01
"""An export may lose this much ROUGE-1, and more only if the interval of the difference includes zero."""


@dataclass(frozen=True)
class Sample:
    """The examples of a proof."""

    split: str
    examples: tuple[ReferencedDialogue, ...]
    too_long: int
    """Number of examples that were passed over because the artefact does not read so many tokens."""

    @property
    def dialogues(self) -> list[str]:
        """The dialogues, in order."""
        return [example.dialogue for example in self.examples]

    @property
    def styles(self) -> list[str]:
        """The style of each dialogue, "" for none."""
        return [example.style for example in self.examples]


@dataclass(frozen=True)
class Written:
    """Prompts and summaries of one side, by example, and the seconds that it took to write them."""

    prompts: Sequence[Sequence[int]]
    summaries: Sequence[str]
    elapsed_s: float
    decoding: Mapping[str, Any]


@dataclass(frozen=True)
class Agreement:
    """The comparison of an export with one engine of the tuned model."""

    decoding: Mapping[str, Any]
    """Engine and search of the tuned model; the export searches in the same way."""
    metrics: Mapping[str, Difference]
    """By metric; `first` is the tuned model, `second` the export."""
    identical: int
    """Number of summaries that are equal, character by character."""
    tuned_s: float
    """Seconds per summary of the tuned model."""


@dataclass(frozen=True)
class Proof:
    """The comparison of an export with the tuned model."""

    split: str
    n: int
    too_long: int
    exact: Agreement
    """With the tuned model in float32, which decides: two programs that compute the same agree almost always."""
    scored: Agreement
    """With the engine of the run's scores, such as int8, whose rounding alone changes the scores."""
    first_different_prompt: str | None
    """Which example has the first prompt with other tokens, and where; None if all tokens are the same."""
    different_prompts: int
    exported_s: float

    @property
    def problems(self) -> list[str]:
        """Sentences that say why the export is refused; empty if it passes."""
        rouge1, found = self.exact.metrics["rouge1"], []
        if self.first_different_prompt is not None:
            found.append(
                f"{self.different_prompts} of {self.n} prompts have other tokens; {self.first_different_prompt}."
            )
        if rouge1.difference < -MOST_LOST_ROUGE1 and rouge1.high < 0:
            found.append(
                f"ROUGE-1 is {-rouge1.difference:.4f} lower than in float32 (95% interval {rouge1.low:+.4f} to "
                f"{rouge1.high:+.4f}); at most {MOST_LOST_ROUGE1} is allowed."
            )
        return found


def choose_sample(run_dir: RunDir, source: ExportSource, max_source_tokens: int, count: int) -> Sample:
    """Return at most `count` validation examples (test, if there are none) of at most `max_source_tokens` tokens.

    Raises:
        RunDirError: the run has no such example, or its files are damaged.
    """
    split = next((name for name in ("validation", "test") if run_dir.has(run_dir.split(name))), None)
    if split is None:
        raise RunDirError(f"{run_dir.root} has no validation and no test examples: export with --no-check.")
    examples = load_jsonl(run_dir.require(run_dir.split(split), "run"))
    every = group_by_dialogue(sorted(examples, key=lambda example: example.fingerprint))
    lengths = source.encoder.count([example.dialogue for example in every])
    short = [one for one, length in zip(every, lengths, strict=True) if length <= max_source_tokens]
    if not short:
        raise RunDirError(
            f"None of the {len(every)} {split} examples fits into the {max_source_tokens} tokens that this format "
            "reads: export with --no-check."
        )
    return Sample(split, tuple(short[:count]), len(every) - len(short))


def prove(
    exact: Written, scored: Written, sample: Sample, open_artefact: Callable[[], Artefact], rouge_tokens: RougeTokens,
    seed: int, progress: OnProgress | None = None,
) -> Proof:  # fmt: skip
    """Let the artefact summarize the same examples, and compare its summaries with those of the tuned model."""
    artefact = open_artefact()
    prompts = [artefact.prompt_ids(one.dialogue, one.style) for one in sample.examples]
    begun = time.monotonic()
    summaries = artefact.summarize(sample.dialogues, sample.styles, progress)
    elapsed_s = time.monotonic() - begun
    del artefact
    free_memory()
    return compare_written(exact, scored, Written(prompts, summaries, elapsed_s, {}), sample, rouge_tokens, seed)


def compare_written(
    exact: Written, scored: Written, exported: Written, sample: Sample, rouge_tokens: RougeTokens, seed: int
) -> Proof:
    """Compare what the export wrote with what the tuned model wrote, both in float32 and as it was scored."""
    references, n = [example.references for example in sample.examples], len(sample.examples)
    tokens = choose_tokens(rouge_tokens, [text for several in references for text in several])

    def scores(side: Written) -> NDArray[np.float64]:
        pairs = zip(side.summaries, references, strict=True)
        return overlap.as_array([overlap.score_multiple(*pair, tokens)[0] for pair in pairs])

    def agreement(tuned: Written) -> Agreement:
        identical = sum(map(str.__eq__, tuned.summaries, exported.summaries))
        metrics = differences(scores(tuned), scores(exported), seed)
        return Agreement(tuned.decoding, metrics, identical, tuned.elapsed_s / n)

    places = [_first_difference(*pair) for pair in zip(exact.prompts, exported.prompts, strict=True)]
    different = [at for at, place in enumerate(places) if place is not None]
    first = f"example {different[0] + 1} differs first at token {places[different[0]]}" if different else None
    return Proof(
        sample.split, n, sample.too_long, agreement(exact), agreement(scored), first, len(different),
        exported.elapsed_s / n,
    )  # fmt: skip


def _first_difference(one: Sequence[int], two: Sequence[int]) -> int | None:
    """Return the place of the first token that differs, counted from 1; None if there is none.

    >>> _first_difference([2, 7, 9], [2, 7, 9]), _first_difference([2, 7], [2, 8]), _first_difference([2], [2, 8])
    (None, 2, 2)
    """
    return next((at for at, pair in enumerate(zip_longest(one, two), 1) if pair[0] != pair[1]), None)
