"""Search the repairs, and short chains of them, for the one that brings back most ROUGE-1."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from operator import ne

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.repair import Repair, Row
from sumtune.diagnose.text_features import share
from sumtune.evaluate.bootstrap import paired

__all__ = ["Repaired", "find_chain"]

LONGEST_CHAIN = 3
EXPANDED = 6
"""Number of chains that the search extends."""
SAMPLE = 400
"""Number of examples on which the search runs first."""
FEWEST_CHANGED = 3
FEWEST_GUESSED = 4
"""Number of predictions that an uncertain repair must change."""
CHANGED_SHARE = 0.02
"""Smallest share of the predictions that a repair must change."""
UNSPECIFIC_SHARE = 0.04
"""The same for a repair that removes whatever several predictions share."""
CHANGED_REFERENCES = 0.5
"""Largest share of references that a repair may change, relative to the share of predictions that it changes."""
GAIN = 0.005
"""Mean ROUGE-1 that an uncertain repair must gain, and each further repair of a chain."""
GAIN_OF_GUESS = 0.05
"""Lead in mean ROUGE-1 with which an uncertain repair is preferred to a certain one."""
GAIN_OF_UNSPECIFIC = 0.1
"""The same for what several predictions share, whatever it is."""
KNOWN = 0.2
"""Smallest ratio of the shares of letters of known words in the texts that a repair leaves, and in references."""
HARM = 0.02
"""Mean ROUGE-1 of the predictions that it changes that a certain repair may cost."""
RESAMPLES = 2_000


@dataclass(frozen=True)
class Repaired:
    """Outputs after a chain of repairs."""

    chain: tuple[Repair, ...]
    outputs: Outputs
    changed: tuple[bool, ...]
    """Which predictions the chain changed."""
    gain: float
    """Mean gain of ROUGE-1 over all examples."""
    low: float
    """Low end of the 95% interval of the gain, given which predictions the chain changes."""
    high: float

    @property
    def is_sound(self) -> bool:
        """Whether the damage is certain and the repair does hardly any harm, or the gain is clear.

        A repair that only removes what several predictions share must do no harm at all.
        """
        if any(repair.certain and repair.specific for repair in self.chain):
            return self.gain * len(self.changed) >= -HARM * sum(self.changed)
        if any(repair.certain for repair in self.chain):
            return self.low >= 0 and share(self.changed) >= UNSPECIFIC_SHARE
        return self.gain >= GAIN and sum(self.changed) >= FEWEST_GUESSED and self.low > 0


def find_chain(outputs: Outputs, repairs: Sequence[Repair], seed: int = 0) -> Repaired | None:
    """Return the chain of repairs that gains most ROUGE-1, cut to its shortest sound start; None if no chain is sound.

    The search extends the best chains first, on a sample with low and high scores alike. The result is for all rows.
    `seed` is that of the sample and of the intervals.
    """
    corpus = Corpus(outputs.predictions, outputs.first_references, outputs.dialogues or ())
    sample = outputs.select(_stratified(outputs, seed)) if len(outputs) > SAMPLE else outputs
    for chain in _best_first(sample, repairs, corpus):
        if not _are_readable(sample, chain, corpus):
            continue
        for length in range(1, len(chain) + 1):
            found = _applied(outputs, chain[:length], corpus, seed)
            if found is not None and found.is_sound:
                return found
    return None


def _best_first(sample: Outputs, repairs: Sequence[Repair], corpus: Corpus) -> list[tuple[Repair, ...]]:
    """Return the chains that change enough predictions of the sample, best first."""
    rows, references = _rows(sample, corpus), sample.first_references
    in_references = cache(lambda repair: _share_changed(repair.undo_all(references, rows), references))
    found: dict[tuple[Repair, ...], Outputs] = {}
    order = count()
    queue: list[tuple[float, int, tuple[Repair, ...], Outputs]] = [(0.0, next(order), (), sample)]
    for _ in range(EXPANDED):
        if not queue:
            break
        _, _, chain, before = heapq.heappop(queue)
        for repair in (one for one in repairs if one not in chain):
            texts = repair.undo_all(before.predictions, rows)
            changed = _share_changed(texts, before.predictions)
            if not _enough(changed, len(sample)) or in_references(repair) > CHANGED_REFERENCES * changed:
                continue
            after = before.with_predictions(texts)
            if chain and after.score < before.score + GAIN:
                continue
            found[*chain, repair] = after
            if len(chain) + 1 < LONGEST_CHAIN:
                heapq.heappush(queue, (-after.score, next(order), (*chain, repair), after))

    def order_of(chain: tuple[Repair, ...]) -> tuple[float, float]:
        """Return the loss of ROUGE-1, rounded; at equal loss, the chain that changes most predictions comes first."""
        changed = _share_changed(found[chain].predictions, sample.predictions)
        return round(_doubt(chain) - _gains(sample, found[chain]).sum() / len(sample), 3), -changed

    return sorted(found, key=order_of)


def _doubt(chain: Sequence[Repair]) -> float:
    """Return the ROUGE-1 that a chain must gain more than others: its length, guesses, unspecific repairs."""
    guesses, others = sum(not repair.certain for repair in chain), sum(not repair.specific for repair in chain)
    late = GAIN * (not chain[0].specific)  # what names the damage comes first
    return GAIN * len(chain) + GAIN_OF_UNSPECIFIC * others + GAIN_OF_GUESS * guesses + late


def _enough(changed: float, size: int) -> bool:
    return changed >= max(CHANGED_SHARE, FEWEST_CHANGED / size)


def _applied(outputs: Outputs, chain: Sequence[Repair], corpus: Corpus, seed: int) -> Repaired | None:
    """Return all outputs after `chain`; None if it changes too few of them."""
    now, rows = outputs, _rows(outputs, corpus)
    for repair in chain:
        now = now.with_predictions(repair.undo_all(now.predictions, rows))
    changed = tuple(one != two for one, two in zip(now.predictions, outputs.predictions, strict=True))
    if not _enough(share(changed), len(outputs)):
        return None
    gains = _gains(outputs, now)[list(changed)]
    low, high, _ = paired(gains, seed, RESAMPLES)
    part = len(gains) / len(outputs)
    return Repaired(tuple(chain), now, changed, float(gains.mean()) * part, float(low) * part, float(high) * part)


def _gains(before: Outputs, after: Outputs) -> NDArray[np.float64]:
    """Return the gain in ROUGE-1 of each prediction; 0 where nothing is left of it, because it was all damage."""
    left = np.array([bool(text) for text in after.predictions])
    return np.where(left, after.scores - before.scores, 0.0)


def _are_readable(sample: Outputs, chain: Sequence[Repair], corpus: Corpus) -> bool:
    """Return whether words of the texts that a chain changes are known; otherwise, the change explains nothing."""
    texts, rows, known = sample.predictions, _rows(sample, corpus), corpus.vocabulary.known_share
    for repair in chain:
        texts = tuple(repair.undo_all(texts, rows))
    changed = [known(text) for text, old in zip(texts, sample.predictions, strict=True) if text and text != old]
    usual = float(np.mean(list(map(known, sample.first_references))))
    return not changed or float(np.mean(changed)) >= KNOWN * usual


def _share_changed(after: Sequence[str], before: Sequence[str]) -> float:
    return share(list(map(ne, after, before)))


def _rows(outputs: Outputs, corpus: Corpus) -> list[Row]:
    return [Row(dialogue, corpus) for dialogue in outputs.dialogues or ("",) * len(outputs)]


def _stratified(outputs: Outputs, seed: int) -> list[int]:
    """Return `SAMPLE` indices, one from each of as many equal parts of the examples ordered by score."""
    parts = np.array_split(np.argsort(outputs.scores, kind="stable"), SAMPLE)
    chance = np.random.default_rng(seed)
    return sorted(int(chance.choice(part)) for part in parts)
