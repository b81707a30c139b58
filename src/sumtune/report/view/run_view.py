"""The whole content of the report of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sumtune.data.issues import display
from sumtune.evaluate.scorecard import TUNED, Scorecard
from sumtune.report.view.examples import ShownExample, chosen_examples
from sumtune.report.view.facts import licences_of, settings_of
from sumtune.report.view.faithfulness import Claims, claims_of
from sumtune.report.view.first_batch import FirstBatch, first_batch_of
from sumtune.report.view.forecast import Promise, promises_of
from sumtune.report.view.groups import Grouping, groupings_of
from sumtune.report.view.run_files import RunFiles
from sumtune.report.view.training import Training, training_of
from sumtune.report.view.verdict import Verdict, verdict_of
from sumtune.text.words import count_words

__all__ = ["RunView", "view_of"]


@dataclass(frozen=True)
class RunView:
    """What the report shows, in its order. With `examples` empty, it holds no text of a conversation or summary."""

    name: str
    preset: str
    scorecard: Scorecard
    verdict: Verdict
    diagnosis: Mapping[str, Any] | None
    promises: tuple[Promise, ...]
    training: Training | None
    groupings: tuple[Grouping, ...]
    scores: tuple[float, ...]
    """Tuned ROUGE-1 of each example."""
    summary_lengths: tuple[tuple[float, float], ...]
    """Words of the first reference and of the tuned summary of each example."""
    claims: Claims
    with_examples: bool
    examples: tuple[ShownExample, ...]
    first_batch: FirstBatch | None
    split_sizes: Mapping[str, int]
    issues: tuple[str, ...]
    source_tokens: tuple[int, ...]
    target_tokens: tuple[int, ...]
    settings: tuple[tuple[str, str], ...]
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    sums: Mapping[str, str]
    licences: tuple[tuple[str, str], ...]


def view_of(files: RunFiles, *, examples: bool = True) -> RunView:
    """Return the content of the report; without `examples`, nothing in it quotes a conversation or a summary."""
    card, config, record = files.scorecard, files.config, files.record
    tuned = [example.systems[TUNED] for example in card.examples]
    words = [count_words(example.references[0]) for example in card.examples]
    return RunView(
        name=files.name,
        preset=config.preset,
        scorecard=card,
        verdict=verdict_of(card, files.diagnosis),
        diagnosis=files.diagnosis if examples or files.diagnosis is None else _without_quotes(files.diagnosis),
        promises=promises_of(record, card),
        training=training_of(files),
        groupings=groupings_of(card),
        scores=tuple(one.scores.rouge1 for one in tuned),
        summary_lengths=tuple((float(a), one.measures.words) for a, one in zip(words, tuned, strict=True)),
        claims=claims_of(card) if examples else claims_of(card, quotes=0),
        with_examples=examples,
        examples=chosen_examples(card) if examples else (),
        first_batch=first_batch_of(files, texts=examples),
        split_sizes=files.split_sizes,
        issues=tuple(display(files.issues)),
        source_tokens=tuple(len(one.source) for one in files.encoded),
        target_tokens=tuple(len(one.target) for one in files.encoded),
        settings=settings_of(config),
        versions=record.get("versions", {}),
        machine=record.get("machine", {}),
        sums=files.sums,
        licences=licences_of(config),
    )


def _without_quotes(diagnosis: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the diagnosis with the titles of its findings alone: evidence and remedies may quote a summary."""
    bare = {"evidence": "", "remedy": "", "commands": [], "examples": []}
    lists = {key: [finding | bare for finding in diagnosis.get(key, ())] for key in ("findings", "advice")}
    return {**diagnosis, **lists}
