"""Which of several kinds of damage to a column names what happened to it."""

from collections.abc import Iterable

from sumtune.diagnose.text_features import share

__all__ = ["FEWEST_DAMAGED", "Damage", "Flags", "main_damage"]

FEWEST_DAMAGED = 3
OF_MOST = 0.5
"""Smallest ratio of the shares of texts with the damage that is named, and with the most frequent damage."""

Flags = list[bool]
Damage = tuple[str, float, Flags, float]
"""A description of the damage, the smallest share of a column's texts that must have it, a flag for each text that says
whether it has the damage, and the share of another column's texts that have it, too."""


def main_damage(damages: Iterable[Damage], most_elsewhere: float) -> Damage | None:
    """Return the first damage that concerns at least half as many texts as the most frequent one; None without damage.

    A damage is considered only if it concerns enough texts, and if its share of the other column (the last item of
    `Damage`) is at most `most_elsewhere` times its share of this column.
    """
    found = [
        damage
        for damage in damages
        if sum(damage[2]) >= FEWEST_DAMAGED
        and share(damage[2]) >= damage[1]
        and damage[3] <= most_elsewhere * share(damage[2])
    ]
    most = max((sum(bad) for _, _, bad, _ in found), default=0)
    return next((damage for damage in found if sum(damage[2]) >= OF_MOST * most), None)
