"""The statistics that the diagnosis prints, by plain formulas over single texts and numbers."""

import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np

from sumtune.diagnose.text_features import content_words
from sumtune.evaluate.nltk_import import import_nltk


@cache
def stem(word):
    import_nltk()
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer().stem(word) if len(word) > 3 else word


def english_words(text):
    """What the package `rouge-score` counts."""
    return map(stem, re.findall("[a-z0-9]+", text.lower()))


def unicode_words(text):
    """What is counted in other languages."""
    return re.findall(r"\d+(?:[.,]\d+)+|[^\W_]+", text.casefold())


def rouge1(prediction, reference, tokens=english_words):
    """ROUGE-1 as Lin (2004) defines it: F-measure of the stemmed words, each counted as often as both texts have it."""
    one, two = Counter(tokens(prediction)), Counter(tokens(reference))
    both = sum(min(count, two[word]) for word, count in one.items())
    return 2 * both / (one.total() + two.total()) if both else 0.0


def scores(outputs, tokens=english_words):
    """ROUGE-1 of each prediction against its best reference."""
    pairs = zip(outputs.predictions, outputs.references, strict=True)
    return [max(rouge1(text, reference, tokens) for reference in references) for text, references in pairs]


def mean_score(outputs, rows=None, tokens=english_words):
    """Mean ROUGE-1, of all rows or of some."""
    every = scores(outputs, tokens)
    return mean(every if rows is None else [every[row] for row in rows])


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def mean_error(values):
    """Standard error of the mean, from the unbiased variance."""
    values = list(values)
    center = mean(values)
    return math.sqrt(sum((value - center) ** 2 for value in values) / (len(values) - 1) / len(values))


def difference_error(one, two):
    """Standard error of the difference of the means of two independent samples (Welch 1947)."""
    return math.sqrt(mean_error(one) ** 2 + mean_error(two) ** 2)


def resampled_means(values, resamples, seed=0):
    """Means of resamples, drawn one after the other."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values))).tolist()
    return [sum([values[row] for row in rows]) / len(values) for rows in drawn]


def interval(values, resamples, seed=0):
    """95% percentile bootstrap interval of the mean (Efron 1979), with linear interpolation between the means."""
    ordered = sorted(resampled_means(values, resamples, seed))
    ends = []
    for share in (0.025, 0.975):
        place = share * (resamples - 1)
        below = int(place)
        ends.append(ordered[below] + (place - below) * (ordered[below + 1] - ordered[below]))
    return tuple(ends)


def slope(x, y):
    """Slope of the least-squares line, and its standard error."""
    mean_x, mean_y = mean(x), mean(y)
    spread = sum((one - mean_x) ** 2 for one in x)
    value = sum((one - mean_x) * (two - mean_y) for one, two in zip(x, y, strict=True)) / spread
    rest = [two - mean_y - value * (one - mean_x) for one, two in zip(x, y, strict=True)]
    return value, math.sqrt(sum(one**2 for one in rest) / (len(x) - 2) / spread)


def pairs_outside(text, dialogue):
    """Share of the pairs of neighbouring words of `text` that `dialogue` does not have."""
    one, two = (re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", given.casefold()) for given in (text, dialogue))
    one, two = ([re.sub(r"['’](s|ll|ve|re|d|m)$", "", word) for word in found] for found in (one, two))
    pairs, known = list(pairwise(one)), list(pairwise(two))
    return sum(pair not in known for pair in pairs) / len(pairs) if pairs else 0.0


def clear_matches(column, others):
    """Rows of `column` that clearly match their own row, and another one: with plain sets, over all pairs of rows."""
    found = [[content_words(text) | set(re.findall(r"\d+", text)) for text in texts] for texts in (column, *others)]
    count, weights = len(column), {}
    for word in set().union(*(row for texts in found for row in texts)):
        frequencies = [sum(word in row for row in texts) for texts in found]
        if sum(map(bool, frequencies)) > 1 and max(frequencies) <= max(20, count / 50):
            weights[word] = math.log((1 + count) / (1 + sum(frequencies) / len(frequencies)))
    tables = [[_unit({word: weights[word] for word in row if word in weights}) for row in texts] for texts in found]
    together = [_unit(_sum_of(rows)) for rows in zip(*tables[1:], strict=True)]
    cosines = [
        [sum(value * other.get(word, 0) for word, value in row.items()) for other in together] for row in tables[0]
    ]
    own = other = 0
    for row in range(count):
        partner = max(range(count), key=cosines[row].__getitem__)
        rest = [cosines[row][place] for place in range(count) if place != partner]
        rest += [cosines[place][partner] for place in range(count) if place != row]
        if cosines[row][partner] > 0.05 and cosines[row][partner] >= 1.5 * max(rest):
            own, other = own + (partner == row), other + (partner != row)
    return own, other


def _unit(row):
    length = math.sqrt(sum(value**2 for value in row.values())) or 1
    return {word: value / length for word, value in row.items()}


def _sum_of(rows):
    total = Counter()
    for row in rows:
        total.update(row)
    return total
