"""Damage by wrong fields, printed objects, and rows in another order."""

import hashlib
import json

from fresh.rows import (
    TEXTS,
    content_words,
    copies,
    each,
    hexadecimal,
    lines,
    name_pattern,
    names_in,
    predictions_of,
    put,
    sentences,
)


def bytes_repr(rows, _rng):
    """Bytes were turned into a string with str(), so the text stands within b'...'."""
    return each(rows, lambda r: str((" " + r["prediction"] + "\n").encode("utf-8")))


def json_encoded_twice(rows, _rng):
    """The text was JSON-encoded more than once, so it is full of quotes and backslashes."""
    return each(rows, lambda r: json.dumps(json.dumps(json.dumps(r["prediction"] + "\n"))))


def db_tuple(rows, rng):
    """A database row was written as it came from the cursor, as a Python tuple."""
    return each(rows, lambda r: "(%d, %r, None)" % (rng.randint(1000, 9999), r["prediction"]))


def pandas_series_repr(rows, rng):
    """A pandas Series was turned into a string: it has the index in front and 'Name: ..., dtype: object' behind, and
    long text is shortened.
    """

    def f(r):
        p = r["prediction"]
        p = p if len(p) <= 50 else p[:47] + "..."
        return "%d    %s\nName: prediction, dtype: object" % (rng.randint(0, 818), p)

    return each(rows, f)


def sentence_list_repr(rows, _rng):
    """The sentence splitter's list was written as a Python list and never joined."""
    return each(rows, lambda r: repr(sentences(r["prediction"])))


def letters_spaced(rows, _rng):
    """A string was treated as a list of strings and joined with spaces, so there is a space after every character."""
    return each(rows, lambda r: " ".join(r["prediction"]))


def first_character_only(rows, _rng):
    """An index [0] was applied to the text itself and not to a list of texts, so only the first character is left."""
    return each(rows, lambda r: r["prediction"].strip()[:1])


def coroutine_repr(rows, rng):
    """Asynchronous calls were never awaited, so the coroutine object's description was saved."""
    return each(rows, lambda _r: f"<coroutine object Summarizer.agenerate at 0x7f{hexadecimal(rng, 10)}>")


def js_object_object(rows, rng):
    """A JavaScript client turned an object into a string."""
    return each(rows, lambda _r: rng.choice(["[object Object]", "[object Object]", "[object Promise]"]))


def nan_strings(rows, _rng):
    """The predictions are missing values, which a table join or a failed read turned into the string 'nan'."""
    return each(rows, lambda _r: "nan")


def empty_outputs(rows, rng):
    """The outputs are empty, since the model stopped at once or the field was not filled."""
    return each(rows, lambda _r: rng.choice(["", "", "", " ", "\n"]))


def rouge_number_column(rows, rng):
    """A score column (ROUGE) was written in the prediction column."""
    return each(rows, lambda _r: f"{min(1.0, max(0.0, rng.gauss(0.38, 0.16))):.4f}")


def id_column(rows, rng):
    """The column with the examples' ids was written in place of the predictions."""
    return each(rows, lambda _r: "138%05d%s" % (rng.randrange(10**5), rng.choice(["", "-1"])))


def cache_hash_keys(rows, _rng):
    """The cache's hash keys were written in place of the cached texts."""
    return each(rows, lambda r: "sum:" + hashlib.sha256(r["dialogue"].encode()).hexdigest())


def reference_as_prediction(rows, _rng):
    """The reference column was copied to the prediction column, so predictions equal the references."""
    return each(rows, lambda r: r["reference"])


def dialogue_as_prediction(rows, _rng):
    """The source text was written in the prediction column: predictions are the whole dialogues."""
    return each(rows, lambda r: r["dialogue"])


def dialogue_prediction_swapped(rows, _rng):
    """The columns were mixed up: the dialogue stands in the prediction column and the prediction in the dialogue
    column.
    """
    out = copies(rows)
    for c in out:
        c["dialogue"], c["prediction"] = c["prediction"], c["dialogue"]
    return out


def classifier_labels(rows, rng):
    """A sentiment classification pipeline was used in place of the summarizer, so labels with scores came out."""
    return each(
        rows,
        lambda _r: "{} ({:.4f})".format(rng.choice(["POSITIVE", "NEGATIVE", "NEUTRAL"]), rng.uniform(0.51, 0.9999)),
    )


def keywords_only(rows, rng):
    """A keyword extractor's output was saved in place of the summaries."""

    def f(r):
        seen = []
        for w in content_words(r["prediction"] + " " + r["dialogue"]):
            if len(w) > 3 and w.lower() not in seen:
                seen.append(w.lower())
        head = seen[:12]
        rng.shuffle(head)
        return "; ".join(head[:6])

    return each(rows, f)


def shifted_by_one_row(rows, _rng):
    """The predictions are moved by one row against the dialogues (a header or a first row was counted wrongly)."""
    ps = predictions_of(rows)
    return put(rows, ps[-1:] + ps[:-1])


def shifted_after_dropped_row(rows, rng):
    """An unreadable row early in the file was dropped from the predictions, so all the later rows belong to the next
    dialogue.
    """
    ps = predictions_of(rows)
    k = rng.randint(1, max(1, len(ps) // 8)) if len(ps) > 2 else 0
    return put(rows, ps[:k] + ps[k + 1 :] + [""])


def shuffled_loader(rows, rng):
    """The predictions were made with a shuffling data loader and written in that order, so they belong to other
    dialogues.
    """
    n = len(rows)
    order = list(range(n))
    rng.shuffle(order)
    pos = {a: order[(i + 1) % n] for i, a in enumerate(order)}  # one cycle: nothing stays in place
    ps = predictions_of(rows)
    return put(rows, [ps[pos[i]] for i in range(n)])


def length_sorted_not_restored(rows, _rng):
    """The inputs were sorted by length for batching and the outputs were not put back in the original order."""
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]["dialogue"]))
    return put(rows, [rows[i]["prediction"] for i in order])


def alphabetically_sorted(rows, _rng):
    """The prediction column alone was sorted alphabetically (in a spreadsheet or with sort), so it no longer fits the
    dialogues.
    """
    return put(rows, sorted(predictions_of(rows), key=str.lower))


def reversed_order(rows, _rng):
    """The predictions stand in reverse order against the dialogues."""
    return put(rows, predictions_of(rows)[::-1])


def distributed_rank_order(rows, rng):
    """The outputs of several GPUs were gathered rank after rank, and the interleaved sample order was not undone."""
    w = rng.choice([2, 4, 8])
    ps = predictions_of(rows)
    return put(rows, [p for k in range(w) for p in ps[k::w]])


def nbest_flattened(rows, rng):
    """Several candidates per input were generated (num_return_sequences) and flattened, so each dialogue's text fills
    the following rows too.
    """
    k = rng.choice([3, 4, 5])
    ps = predictions_of(rows)
    return put(rows, [ps[i // k] for i in range(len(ps))])


def forward_filled(rows, rng):
    """Missing predictions were filled from the row above (forward fill), so the same summary repeats over runs of
    rows.
    """
    ps, out, left, cur = predictions_of(rows), [], 0, None
    for p in ps:
        if left == 0:
            cur, left = p, rng.randint(4, 8)
        out.append(cur)
        left -= 1
    return put(rows, out)


def one_answer_for_all(rows, rng):
    """A variable was overwritten in the loop or one cached answer was reused, so every row has the same summary."""
    p = rng.choice(predictions_of(rows)) if rows else ""
    return each(rows, lambda _r: p)


def cache_key_collision(rows, _rng):
    """The cache's key was too short, so different dialogues collide and get one of a few cached summaries."""
    n = max(1, min(7, len(rows) // 5))
    first, out = {}, []
    for r in rows:
        k = int(hashlib.md5(r["dialogue"].encode()).hexdigest(), 16) % n
        out.append(first.setdefault(k, r["prediction"]))
    return put(rows, out)


def buffer_not_cleared(rows, rng):
    """The text buffer was not cleared between rows, so each prediction also holds those of the rows before it."""
    ps = predictions_of(rows)
    if not ps:
        return []
    out, _k = [], 0
    for i, p in enumerate(ps):
        lo = max(0, i - rng.randint(2, 4))
        prev = ps[lo:i] or [ps[-1]]
        out.append(" ".join([*prev, p]))
    return put(rows, out)


def whole_batch_in_each_row(rows, _rng):
    """The list of the whole batch was written to every row of the batch."""
    ps = predictions_of(rows)
    return put(rows, [repr(ps[i // 4 * 4 : i // 4 * 4 + 4]) for i in range(len(ps))])


def threads_interleaved(rows, rng):
    """Two threads wrote to the same file at the same time, so pieces of two summaries are interleaved in one line."""
    ps = predictions_of(rows)
    out = []
    for i, p in enumerate(ps):
        q = ps[(i + 1) % len(ps)] if len(ps) > 1 else " ".join(lines(rows[i]["dialogue"])[:2])
        a, b, s = p, q, ""
        while a or b:
            k, j = rng.randint(5, 14), rng.randint(5, 14)
            s += a[:k] + b[:j]
            a, b = a[k:], b[j:]
        out.append(s)
    return put(rows, out)


def written_twice(rows, _rng):
    """The script ran twice in append mode, so each summary stands twice in its field."""
    return each(rows, lambda r: r["prediction"] + r["prediction"])


def names_from_other_row(rows, rng):
    """Pseudonyms were turned back with the name table of another row, so the people's names come from another
    dialogue.
    """
    pool = ["Gerald", "Yolanda", "Priscilla", "Thaddeus", "Ingrid", "Mortimer", "Octavia", "Fergus"]
    out = []
    for r in rows:
        mine = names_in(r)
        new = [n for n in pool if n not in mine]
        rng.shuffle(new)
        text, table = r["prediction"], {}
        for name in name_pattern(mine).findall(text):
            table.setdefault(name, new[len(table) % len(new)])
        out.append(name_pattern(mine).sub(lambda m, table=table: table[m.group(0)], text))
    return put(rows, out)


def news_predictions(rows, rng):
    """The predictions file belongs to another data set (news articles), not to these dialogues."""
    who = TEXTS["news_predictions"]
    did = TEXTS["news_predictions_did"]
    end = TEXTS["news_predictions_end"]
    return each(rows, lambda _r: f"{rng.choice(who)} {rng.choice(did)}. {rng.choice(end)}")


def other_split_predictions(rows, rng):
    """The predictions were made on another split of the data: they are chat summaries about other people."""
    people = ["Hannah", "Wanda", "Gordon", "Igor", "Nadia", "Patrick", "Sylvia", "Truman", "Rosalind", "Bartek"]
    acts = TEXTS["other_split_predictions"]

    def f(r):
        a, b = rng.sample([p for p in people if p not in r["dialogue"]] or people, 2)
        return f"{a} and {b} {rng.choice(acts)}."

    return each(rows, f)
