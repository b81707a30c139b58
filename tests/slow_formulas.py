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


def witten_bell(texts, order):
    """Probability of a character after the `order - 1` before it: interpolated n-grams (Witten and Bell 1991)."""
    edge = "\0"
    following = {}
    for text in texts:
        for place, letter in enumerate(text):
            for size in range(order):
                following.setdefault((edge * order + text)[place + order - size : place + order], Counter())[
                    letter
                ] += 1
    kinds = len(following[""]) + 2  # an edge and an unknown character

    def probability(text, place):
        found = 1 / kinds
        for size in range(order):
            before = (edge * order + text)[place + order - size : place + order]
            counts = following.get(before, Counter())
            more = max(len(counts), 1)
            found = (counts[text[place]] + more * found) / (counts.total() + more)
        return found

    return probability


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


def known_words(texts):
    """Whether a word, or a long word with the same beginning, occurs in `texts`."""
    every = {word for text in texts for word in unicode_words(text)}
    starts = {start(word) for word in every if len(word) >= 6}
    return lambda word: word in every or (len(word) >= 6 and start(word) in starts)


def start(word):
    return word[: max(5, len(word) - 3)]


def unknown_share(text, texts):
    """Share of the words of `text` that no other text has."""
    knows = known_words(texts)
    return mean(not knows(word) for word in unicode_words(text))


def token_form(token):
    """A token with its letters and digits replaced, without usual marks around it."""
    return re.sub(r"[0-9]+", "0", re.sub(r"[^\W\d_]+", "a", token.strip(".,!?;:\"'()“”‘’…")))


class WordClasses:
    """How well words fit between their neighbours, by a bigram model of word classes, counted and smoothed by loops."""

    def __init__(self, texts, names):
        lists = [re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()) for text in texts]
        counts = Counter(word for listed in lists for word in listed)
        self.names, self.common = names, {word for word, _ in counts.most_common(300)}
        classes = Counter()
        for word, times in counts.items():
            classes[self.name_of(word)] += times
        self.classes = {name for name, _ in classes.most_common(700)}
        self.pairs = Counter()
        for listed in lists:
            self.pairs.update(pairwise(["edge", *map(self.class_of, listed), "edge"]))
        self.size = len(self.classes) + 2
        self.after, self.kinds, self.before = Counter(), Counter(), Counter()
        for (one, two), times in self.pairs.items():
            self.after[one] += times
            self.kinds[one] += 1
            self.before[two] += times
        self.total = self.pairs.total()

    def name_of(self, word):
        if word in self.names:
            return "name"
        if word in self.common:
            return f"word {word}"
        return "number" if word[0].isdigit() else f"ending {word[-2:]}"

    def class_of(self, word):
        name = self.name_of(word)
        return name if name in self.classes else "rare"

    def probability(self, one, two):
        """Probability of class `two` after class `one` (Witten and Bell 1991)."""
        single = (self.before[two] + 0.5) / (self.total + 0.5 * self.size)
        kinds = max(1, self.kinds[one])
        return (self.pairs[one, two] + kinds * single) / (self.after[one] + kinds)

    def fit(self, text):
        """Share of the other words of a text that fit worse in the place of a word, over words and neighbours."""
        row = [self.class_of(word) for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())]
        if len(row) < 5:
            return 1.0
        worse = []
        for place, real in enumerate(row):
            left, right = (["edge", *row][place], [*row, "edge"][place + 1])
            for other_place, other in enumerate(row):
                if other_place != place:
                    worse.append(_worse(self.probability(left, other), self.probability(left, real)))
                    worse.append(_worse(self.probability(other, right), self.probability(real, right)))
        return mean(worse)


def _worse(other, real):
    return 0.5 if math.isclose(other, real, rel_tol=1e-12) else float(other < real)


def rare_words_elsewhere(texts, dialogues):
    """For each text, the most rare words (in at most 20 dialogues) of one other dialogue that its own one lacks."""
    said = list(map(content_words, dialogues))
    counts = Counter(word for words in said for word in words)
    strange = [{word for word in content_words(text) - own if 0 < counts[word] <= 20}
               for text, own in zip(texts, said, strict=True)]  # fmt: skip
    return [max(len(found & other) for other in said) for found in strange]
