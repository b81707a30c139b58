"""Damage by post-processing and truncation of texts."""

import re

from fresh.rows import STOP_WORDS, TEXTS, each, name_pattern, names_in


def lowercase_no_punctuation(rows, _rng):
    """The text was lower-cased and stripped of punctuation, as for the scorer, and saved in that form."""
    return each(rows, lambda r: " ".join(re.sub(r"[^a-z0-9\s]", " ", r["prediction"].lower()).split()))


def upper_case(rows, _rng):
    """A text normalization wrote everything in capital letters."""
    return each(rows, lambda r: r["prediction"].upper())


def title_case(rows, _rng):
    """A title-case function was applied, so every word begins with a capital letter."""
    return each(rows, lambda r: r["prediction"].title())


def stemmed_words(rows, _rng):
    """The words were stemmed (as for ROUGE) and the stems were saved as the prediction."""

    def stem(w):
        for suf, rep in (
            ("ational", "at"),
            ("ingly", ""),
            ("ies", "i"),
            ("ing", ""),
            ("ed", ""),
            ("ly", "li"),
            ("s", ""),
            ("e", ""),
            ("y", "i"),
        ):
            if w.endswith(suf) and len(w) - len(suf) >= 2 and not w.endswith("ss"):
                return w[: len(w) - len(suf)] + rep
        return w

    return each(rows, lambda r: " ".join(stem(w) for w in re.findall(r"[a-z0-9]+", r["prediction"].lower())))


def stopwords_removed(rows, _rng):
    """Stop words were removed from the predictions by a preprocessing step."""
    return each(
        rows, lambda r: " ".join(w for w in r["prediction"].split() if re.sub(r"\W", "", w).lower() not in STOP_WORDS)
    )


def ptb_tokenized(rows, _rng):
    """The text is still in Penn Treebank tokens (spaces before punctuation, split clitics, `` quotes), since it was
    never detokenized.
    """

    def f(r):
        p = re.sub(r"n't\b", " n't", r["prediction"])
        p = re.sub(r"('s|'re|'ll|'ve|'m|'d)\b", r" \1", p)
        p = re.sub(r'"([^"]*)"', r"`` \1 ''", p).replace("(", " -LRB- ").replace(")", " -RRB- ")
        p = re.sub(r"([.,!?;:])(?!\d)", r" \1 ", p)
        p = " ".join(p.split())
        return p if p != r["prediction"] else p + " ."

    return each(rows, f)


def bag_of_words_sorted(rows, _rng):
    """The predictions went through a bag-of-words step: the words are lower-cased, unique and in alphabetical order."""
    return each(rows, lambda r: " ".join(sorted(set(re.findall(r"[a-z0-9]+", r["prediction"].lower())))))


def letter_n_deleted(rows, _rng):
    """A badly escaped command meant to delete line breaks ('\\\n') deleted every letter n."""
    return each(rows, lambda r: r["prediction"].replace("n", ""))


def pad_letters_deleted(rows, _rng):
    """The padding token was removed with a character class or strip set, so all letters p, a and d are gone."""
    return each(rows, lambda r: re.sub(r"[<pad>]", "", r["prediction"]))


def names_deleted(rows, _rng):
    """A rule meant to remove speaker labels deleted the people's names everywhere, so the sentences have no names."""
    return each(rows, lambda r: name_pattern(names_in(r)).sub("", r["prediction"]).strip())


def pii_placeholders(rows, _rng):
    """An anonymization tool replaced names by placeholders such as <PERSON>."""

    def f(r):
        p = name_pattern(names_in(r)).sub("<PERSON>", r["prediction"])
        return re.sub(
            r"\b\d[\d:.]*\s*(?:am|pm|o'clock)\b|\b\d+:\d\d\b|\b(?:tomorrow|today|tonight|yesterday)\b", "<DATE_TIME>", p
        )

    return each(rows, f)


def profanity_mask(rows, rng):
    """An overeager profanity filter masked harmless words and parts of words with asterisks."""

    def f(r):
        out = []
        for w in r["prediction"].split():
            core = re.sub(r"\W", "", w)
            if len(core) >= 4 and rng.random() < 0.55:
                w = w.replace(core, core[0] + "*" * (len(core) - 1))
            out.append(w)
        s = " ".join(out)
        if "*" not in s:
            big = max(re.findall(r"\w+", s) or ["x"], key=len)
            s = s.replace(big, big[0] + "*" * max(3, len(big) - 1))
        return s

    return each(rows, f)


def ocr_confusions(rows, rng):
    """The predictions passed through optical character recognition (a scan or screenshot), which confused similar
    characters.
    """
    table = TEXTS["ocr_confusions"]

    def f(r):
        p, i, out = r["prediction"], 0, []
        while i < len(p):
            for a, b in table:
                if p.startswith(a, i) and rng.random() < 0.3:
                    out.append(b)
                    i += len(a)
                    break
            else:
                out.append(p[i])
                i += 1
        s = "".join(out)
        return s if s != p else p.replace("e", "c").replace("o", "0")

    return each(rows, f)


def pdf_hyphenation(rows, rng):
    """Text was copied from a PDF with narrow columns, so words are broken with hyphens at line ends."""

    def f(r):
        lines, cur = [], ""
        width = rng.randint(18, 26)
        for w in r["prediction"].split():
            if cur and len(cur) + 1 + len(w) > width:
                room = width - len(cur) - 2
                if len(w) >= 5 and room >= 2:
                    k = max(2, min(room, len(w) - 2))
                    lines.append(cur + " " + w[:k] + "-")
                    cur = w[k:]
                else:
                    lines.append(cur)
                    cur = w
            else:
                cur = (cur + " " + w).strip()
        lines.append(cur)
        return "\n".join(lines) if len(lines) > 1 else cur[: len(cur) // 2] + "-\n" + cur[len(cur) // 2 :]

    return each(rows, f)


def text_backwards(rows, _rng):
    """The strings were reversed (rev in a shell script, or a right-to-left display step), so the "
    "text runs backwards.
    """
    return each(rows, lambda r: r["prediction"][::-1])


def pandas_display_dots(rows, _rng):
    """The file was made from pandas' display output, where cells are shortened to 50 characters with three dots."""

    def f(r):
        p = r["prediction"]
        w = 50 if len(p) > 50 else max(5, len(p) // 2)
        return p[: w - 3] + "..."

    return each(rows, f)


def varchar_truncation(rows, _rng):
    """The database column is too short (VARCHAR(32)), so texts are cut at one fixed number of characters."""
    return each(rows, lambda r: r["prediction"][: min(32, max(1, len(r["prediction"]) - 1))])


def only_tail_kept(rows, _rng):
    """Only the last characters of each text were kept (a negative slice or tail -c), so the beginnings are missing."""
    return each(rows, lambda r: r["prediction"][-min(30, max(1, len(r["prediction"]) - 1)) :])


def log_middle_shortened(rows, _rng):
    """A logger shortened the middle of each text with a note on how much was left out."""

    def f(r):
        p = r["prediction"]
        k = min(18, max(1, len(p) // 3))
        return "%s ... [%d characters truncated] ... %s" % (p[:k], len(p) - 2 * k, p[-k:])

    return each(rows, f)


def first_word_only(rows, _rng):
    """The fields were split at spaces (awk, cut or a wrong delimiter), so only the first word of "
    "each summary is left.
    """
    return each(rows, lambda r: (r["prediction"].split() or [""])[0])
