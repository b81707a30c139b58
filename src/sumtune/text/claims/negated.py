"""Find the words that a negation denies."""

from collections.abc import Sequence

from sumtune.text.claims.stems import word_set

__all__ = ["negated_words"]

NEGATIONS = word_set("""
    not no never none nobody nothing nowhere neither nor without cannot cant can't don't dont doesn't doesnt didn't
    didnt won't wont wouldn't couldn't shouldn't isn't isnt aren't arent wasn't wasnt weren't haven't havent hasn't
    hasnt hadn't ain't unable
""")
SCOPE = 4
"""Number of words after a negation that it can deny."""
SCOPE_END = word_set(", . ! ? ; : ( ) - and but because so if that as until till anymore")
NOT_DENYING = word_set("""
    forget wait believe complain stand help worry only sure bad problem doubt mind idea matter imagine longer
""")
"""Words after which a negation says something else: `don't forget to call`, `I can't wait for the party`."""


def negated_words(words: Sequence[str]) -> list[bool]:
    """Return for each lower-case word whether a negation just before denies it.

    >>> negated_words("i do not like it , but i buy it".split())
    [False, False, False, True, True, False, False, False, False, False]
    """
    denied = [False] * len(words)
    for place, word in enumerate(words):
        if word in NEGATIONS and NOT_DENYING.isdisjoint(words[place + 1 : place + 3]):
            for at in range(place + 1, min(place + 1 + SCOPE, len(words))):
                if words[at] in SCOPE_END:
                    break
                denied[at] = True
    return denied
