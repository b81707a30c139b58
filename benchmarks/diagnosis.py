"""Measures how often the diagnosis names the right cause first, over damage to real predictions.

Run: python benchmarks/diagnosis.py --predictions RUN_DIR/model_evaluation/predictions.jsonl [--only unseen]
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import damage_eighth
import damage_fifth
import damage_fourth
import damage_fresh
import damage_known
import damage_second
import damage_seventh
import damage_sixth
import damage_unseen
from damage_fresh import RowDamage
from damage_known import Damage
from rich.console import Console
from rich.table import Table

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.read_predictions import read_predictions

SIZES = (40, 200, 800)
SHARES = (0.1, 0.3, 1.0)
OF_COLUMNS = {"known": damage_known, "unseen": damage_unseen}
"""Lists of damage to columns of texts: the one that the rules were built for, and the first unseen one."""
OF_ROWS = {
    "fresh": damage_fresh,
    "second": damage_second,
    "fourth": damage_fourth,
    "fifth": damage_fifth,
    "sixth": damage_sixth,
    "seventh": damage_seventh,
    "eighth": damage_eighth,
}
"""Lists of damage to rows as dictionaries, all written without sight of the rules."""
LISTS = OF_COLUMNS | OF_ROWS


@dataclass(frozen=True)
class Trial:
    """One damaged file and what the diagnosis said first."""

    kind: str
    damage: str
    size: int
    share: float
    first: str
    right: bool


def main() -> None:
    """Damage, diagnose, print the table and the misses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, required=True)
    parser.add_argument("--only", choices=LISTS)
    parser.add_argument("--damage", help="only damage whose name contains this")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outputs = read_predictions(options.predictions)
    chosen = {name: module for name, module in LISTS.items() if options.only in (None, name)}
    started, trials = time.perf_counter(), []
    for kind, module in chosen.items():
        for name, (damage, codes) in module.DAMAGES.items():
            if (options.damage or "") in name:
                trials += _trials(outputs, kind, name, damage, codes, options)
    _show(trials)
    print(f"{len(trials)} diagnoses in {time.perf_counter() - started:.0f} s")


def _trials(
    outputs: Outputs,
    kind: str,
    name: str,
    damage: Damage | RowDamage,
    codes: tuple[str, ...],
    options: argparse.Namespace,
) -> Iterator[Trial]:
    for size in (size for size in options.sizes if size <= len(outputs)):
        rng = random.Random(f"{options.seed} {size}")
        clean = outputs.select(rng.sample(range(len(outputs)), size))
        whole = kind in OF_ROWS and name in OF_ROWS[kind].WHOLE_FILE
        for share in (share for share in options.shares if share == 1 or not whole):
            chance = random.Random(f"{options.seed} {name} {size} {share}")
            damaged = (damage_dictionaries if kind in OF_ROWS else damage_rows)(clean, damage, share, chance)
            findings = diagnose(Context(outputs=damaged), our_engine=False).findings
            first = findings[0].code if findings else "nothing"
            yield Trial(kind, name, size, share, first, first in codes)


def damage_rows(clean: Outputs, damage: Damage, share: float, rng: random.Random) -> Outputs:
    """Return the outputs with a random `share` of their rows damaged."""
    rows = sorted(rng.sample(range(len(clean)), round(share * len(clean))))
    columns = (clean.predictions, clean.first_references, clean.dialogues or ())
    new = damage(*([column[row] for row in rows] for column in columns), rng)
    changed = dict(zip(rows, new, strict=True))
    return replace(clean, predictions=tuple(changed.get(row, text) for row, text in enumerate(clean.predictions)))


def damage_dictionaries(clean: Outputs, damage: RowDamage, share: float, rng: random.Random) -> Outputs:
    """Return the outputs with a random `share` of their rows damaged, dialogues and references included.

    Damage to all rows may change their number; the rows then get new ids.
    """
    columns = (clean.dialogues or (), clean.first_references, clean.predictions)
    names = ("dialogue", "reference", "prediction")
    rows = [dict(zip(names, texts, strict=True)) for texts in zip(*columns, strict=True)]
    chosen = sorted(rng.sample(range(len(clean)), round(share * len(clean))))
    new = damage([rows[row] for row in chosen], rng)
    if share == 1:
        rows = new
    else:
        for row, changed in zip(chosen, new, strict=True):
            rows[row] = changed
    return replace(
        clean,
        ids=clean.ids if len(rows) == len(clean) else tuple(map(str, range(len(rows)))),
        dialogues=tuple(row["dialogue"] for row in rows),
        references=tuple((row["reference"],) for row in rows),
        predictions=tuple(row["prediction"] for row in rows),
    )


def _show(trials: list[Trial]) -> None:
    """Print the share of right causes by size and share of rows, and the misses."""
    console = Console(width=140)
    for kind in dict.fromkeys(trial.kind for trial in trials):
        own = [trial for trial in trials if trial.kind == kind]
        shares = sorted({trial.share for trial in own})
        table = Table(title=f"{kind}: right cause first, {len({trial.damage for trial in own})} kinds of damage")
        for column in ("examples", *(f"{share:.0%} of the rows" for share in shares), "all"):
            table.add_column(column, justify="right")
        for size in sorted({trial.size for trial in own}):
            cells = [_right([one for one in own if (one.size, one.share) == (size, share)]) for share in shares]
            table.add_row(str(size), *cells, _right([one for one in own if one.size == size]))
        table.add_row("all", *(_right([one for one in own if one.share == share]) for share in shares), _right(own))
        console.print(table)
        for name, wrong in _misses(own).items():
            console.print(f"  {name}: {', '.join(wrong)}", highlight=False, markup=False)


def _right(trials: list[Trial]) -> str:
    return f"{sum(trial.right for trial in trials)}/{len(trials)} ({_share(trials):.0%})"


def _share(trials: list[Trial]) -> float:
    return sum(trial.right for trial in trials) / max(1, len(trials))


def _misses(trials: list[Trial]) -> dict[str, list[str]]:
    """Return the wrong answers by damage, those missed most first."""
    wrong = [trial for trial in trials if not trial.right]
    counts = Counter(trial.damage for trial in wrong)
    return {
        name: [f"{one.first} ({one.size}, {one.share:.0%})" for one in wrong if one.damage == name]
        for name, _ in counts.most_common()
    }


if __name__ == "__main__":
    main()
