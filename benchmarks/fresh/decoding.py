"""Damage when token ids are decoded, and by settings of generation or a wrong checkpoint."""

import hashlib
import random
import re
import textwrap

from fresh.rows import (
    STOP_WORDS,
    TEXTS,
    each,
    lines,
    name_pattern,
    names_in,
    pieces,
    sentences,
    speakers,
    token_ids,
    tokens,
    two_speakers,
)


def prompt_and_dialogue_echoed(rows, _rng):
    """The whole prompt was decoded together with the answer, because the input tokens were not cut off the output of a
    decoder-only model.
    """
    return each(
        rows,
        lambda r: "Summarize the following conversation.\n\n{}\n\nSummary: {}".format(r["dialogue"], r["prediction"]),
    )


def bart_special_tokens_kept(rows, rng):
    """The token ids were decoded without skip_special_tokens, so BART's begin, end and padding tokens are left in the
    text.
    """
    return each(rows, lambda r: "</s><s>{}</s>{}".format(r["prediction"], "<pad>" * rng.randint(0, 14)))


def sentencepiece_pieces(rows, rng):
    """The output is in raw SentencePiece pieces with the underline word marker, because the tokens were joined and
    never turned back into text.
    """

    def f(r):
        out = []
        for w in r["prediction"].split():
            ps = []
            for t in tokens(w):
                ps += pieces(t, rng)
            ps[0] = "\u2581" + ps[0]
            out += ps
        return " ".join(out)

    return each(rows, f)


def byte_bpe_space_marks(rows, _rng):
    """The raw byte-level BPE vocabulary strings were written (G with a dot for a space), because the tokens were
    joined without the tokenizer's decode.
    """
    return each(rows, lambda r: "\u0120" + r["prediction"].strip().replace("\n", "\u010a").replace(" ", "\u0120"))


def wordpiece_hashes(rows, rng):
    """The text consists of lower-cased WordPiece pieces with ## marks, because convert_ids_to_tokens was joined with
    spaces in place of decoding.
    """

    def f(r):
        out = []
        for t in tokens(r["prediction"].lower()):
            ps = pieces(t, rng)
            out += [ps[0]] + ["##" + p for p in ps[1:]]
        return "[CLS] " + " ".join(out) + " [SEP]"

    return each(rows, f)


def bpe_at_marks(rows, rng):
    """The subword-nmt joiner marks '@@ ' were never removed after generation."""

    def f(r):
        out = []
        for w in tokens(r["prediction"]):
            ps = pieces(w, rng)
            out += [p + "@@" for p in ps[:-1]] + [ps[-1]]
        return " ".join(out)

    return each(rows, f)


def tokens_decoded_one_by_one(rows, rng):
    """Every token was decoded on its own and the pieces were joined with spaces, so words are broken up by spaces
    inside.
    """

    def f(r):
        out = []
        for t in tokens(r["prediction"]):
            out += pieces(t, rng)
        if len(out) == len(r["prediction"].split()):
            out = [t[:2] + " " + t[2:] if len(t) > 3 else t for t in out]
        return " ".join(out)

    return each(rows, f)


def spaces_lost(rows, _rng):
    """The tokens were stripped and joined without any separator, so all spaces between the words are lost."""
    return each(rows, lambda r: re.sub(r"\s+", "", r["prediction"]))


def token_id_list(rows, rng):
    """The list of token ids was written in place of the decoded text."""
    return each(rows, lambda r: str([2, 0, *token_ids(r["prediction"], rng), 2]))


def tensor_repr(rows, rng):
    """A PyTorch tensor was turned into a string and written, because the generated ids were never decoded."""

    def f(r):
        ids = [0, *token_ids(r["prediction"], rng), 1]
        body = textwrap.fill(", ".join("%5d" % i for i in ids), 70, subsequent_indent="        ")
        return f"tensor([{body.strip()}],\n       device='cuda:0')"

    return each(rows, f)


def wrong_tokenizer_decode(rows, rng):
    """The ids were decoded with the tokenizer of another model, so every token turned into an unrelated word or word
    piece.
    """
    vocab = TEXTS["wrong_tokenizer_decode"]
    salt = rng.randrange(10**9)

    def f(r):
        out = []
        for t in tokens(r["prediction"]):
            for p in pieces(t, random.Random(t)):
                w = vocab[int(hashlib.md5((p + str(salt)).encode()).hexdigest(), 16) % len(vocab)]
                out.append(w if w[0].islower() and len(w) < 5 else " " + w)
        return "".join(out).strip()

    return each(rows, f)


def unknown_tokens(rows, rng):
    """Many words are replaced by the unknown token, because the tokenizer's vocabulary lacks them (wrong or far too
    small vocabulary).
    """

    def f(r):
        return " ".join(
            "<unk>" if (w.strip(".,!?'").lower() not in STOP_WORDS and rng.random() < 0.8) else w
            for w in r["prediction"].split()
        )

    return each(rows, f)


def left_padding_visible(rows, rng):
    """The batch was padded and the padding tokens were decoded into the text in front of the summary."""
    return each(rows, lambda r: "[PAD]" * rng.randint(6, 40) + " " + r["prediction"])


def prompt_slice_too_long(rows, rng):
    """The prompt was cut off by a wrong length, so the beginning of every summary is missing."""

    def f(r):
        p = r["prediction"]
        return p[min(rng.randint(9, 16), max(1, len(p) // 2)) :]

    return each(rows, f)


def prompt_slice_too_short(rows, rng):
    """The prompt was cut off a few tokens too early, so the end of the dialogue and the cue 'Summary:' stand before
    the summary.
    """
    return each(
        rows, lambda r: "{}\nSummary: {}".format(r["dialogue"].rstrip()[-rng.randint(18, 40) :], r["prediction"])
    )


def cut_by_max_new_tokens(rows, _rng):
    """The length limit for generation (max_length or max_new_tokens) is too small, so summaries break off in mid-
    sentence.
    """

    def f(r):
        ts = r["prediction"].split()
        return " ".join(ts[: max(1, min(10, int(len(ts) * 0.65)))]).rstrip(".")

    return each(rows, f)


def repetition_loop(rows, rng):
    """Decoding fell into a loop and repeats the same phrase until the length limit, for want of a "
    "repetition control.
    """

    def f(r):
        ws = r["prediction"].rstrip(".!? ").split()
        tail = " ".join(ws[-rng.randint(3, 5) :])
        return r["prediction"].rstrip(".!? ") + (" and " + tail) * rng.randint(7, 12)

    return each(rows, f)


def temperature_salad(rows, rng):
    """Sampling with far too high a temperature turns the summaries after a few words into word salad."""
    junk = TEXTS["temperature_salad"]

    def f(r):
        ws = r["prediction"].split()
        out = ws[: rng.randint(1, 3)]
        for _ in range(rng.randint(25, 45)):
            out.append(rng.choice(ws) if rng.random() < 0.15 else rng.choice(junk))
        return " ".join(out)

    return each(rows, f)


def runs_on_into_new_example(rows, rng):
    """The model did not stop at the end of the summary (no end-of-text token or stop string) and went on to invent
    further dialogues with summaries.
    """
    extra = TEXTS["runs_on_into_new_example"]
    return each(rows, lambda r: r["prediction"] + rng.choice(extra))


def nan_logits_exclamation(rows, rng):
    """The logits overflowed to NaN (half precision or a broken quantization), so the model emits token 0, an
    exclamation mark, again and again.
    """
    return each(rows, lambda _r: "!" * rng.choice([32, 64, 64, 128]))


def collapsed_the_the(rows, rng):
    """The training collapsed or the checkpoint is broken: the model only repeats one frequent word."""
    return each(rows, lambda _r: " ".join([rng.choice(["the", "the", "the", ",", "and"])] * rng.randint(30, 60)))


def t5_sentinels(rows, rng):
    """A T5 checkpoint without fine-tuning was used: it fills gaps with its sentinel tokens <extra_id_0>, <extra_id_1>
    and does not summarize.
    """

    def f(r):
        ws = r["dialogue"].replace("\n", " ").split()
        out = []
        for i in range(rng.randint(2, 5)):
            k = rng.randrange(max(1, len(ws)))
            out.append("<extra_id_%d> %s" % (i, " ".join(ws[k : k + rng.randint(1, 4)])))
        return " ".join(out)

    return each(rows, f)


def copies_start_of_input(rows, rng):
    """A checkpoint that was not fine-tuned for summarization was used; it just copies the beginning of the input."""

    def f(r):
        t = " ".join(r["dialogue"].split())
        n = min(len(t), rng.randint(110, 150))
        return t[:n]

    return each(rows, f)


def min_length_news_filler(rows, rng):
    """A summarizer trained on news (CNN/DailyMail) with its settings was used: forced minimum length fills up with
    newspaper boilerplate.
    """
    fill = TEXTS["min_length_news_filler"]
    return each(rows, lambda r: r["prediction"] + " " + " ".join(rng.sample(fill, 2)))


def pegasus_newline_token(rows, _rng):
    """A Pegasus news checkpoint's format was left as it is: sentences end in ' .' and are joined by the literal
    newline token <n>.
    """

    def f(r):
        return (
            "<n>".join(
                re.sub(r"\s*([.!?])$", r" \1", s) if re.search(r"[.!?]$", s) else s + " ."
                for s in sentences(r["prediction"])
            )
            + "<n>"
        )

    return each(rows, f)


def dialogsum_person_tags(rows, _rng):
    """A DialogSum checkpoint or its preprocessing was used: the names are replaced by #Person1#, #Person2#."""

    def f(r):
        sp = speakers(r["dialogue"])
        p = r["prediction"]
        tags = {}

        def sub(m):
            w = m.group(0)
            k = next((i for i, s in enumerate(sp) if w == s or w in s.split()), None)
            if k is None:
                k = len(sp) + len(tags) if w not in tags else tags[w]
                tags[w] = k
            return "#Person%d#" % (k + 1)

        return name_pattern(names_in(r)).sub(sub, p)

    return each(rows, f)


def stop_string_is_speaker(rows, rng):
    """The stop string is a speaker's name, so each summary is cut off where a participant's name comes up."""

    def f(r):
        p = r["prediction"]
        sp = [w for s in speakers(r["dialogue"]) for w in (s, s.split()[0])]
        hits = [m.start() for m in name_pattern(sp).finditer(p)]
        if not hits:
            return ""
        cut = hits[1] if hits[0] == 0 and len(hits) > 1 and rng.random() < 0.6 else hits[0]
        return p[:cut].rstrip()

    return each(rows, f)


def stop_string_is_period(rows, _rng):
    """The full stop was set as stop string, so only the first sentence is left and its full stop is missing."""
    return each(rows, lambda r: re.split(r"[.!?]", r["prediction"].strip())[0].rstrip())


def continues_the_dialogue(rows, rng):
    """A base model without instruction tuning (or a wrong prompt) was used: it continues the chat in place of
    summarizing it.
    """
    lines = TEXTS["continues_the_dialogue"]

    def f(r):
        a, b = two_speakers(r["dialogue"])
        if b == "a friend":
            b = "Other"
        ls = rng.sample(lines, rng.randint(3, 6))
        return "\n".join(f"{(a, b)[i % 2]}: {said}" for i, said in enumerate(ls))

    return each(rows, f)


def assistant_replies_to_chat(rows, rng):
    """The instruction to summarize was missing from the request, so the assistant answers the chat as though it were
    spoken to.
    """

    def f(r):
        a, b = two_speakers(r["dialogue"])
        return rng.choice(
            [
                f"Hi {a}! That sounds like a great plan. Is there anything I can help you and {b} with?",
                f"It sounds like {a} and {b} are having a nice conversation! How can I assist you today?",
                f"Hey {a}, thanks for sharing! I hope everything works out with {b}. Would you like "
                f"some tips on what to say next?",
                f"Great to hear from you, {a}! As an AI I cannot join you and {b}, but I would be "
                f"happy to help you plan.",
            ]
        )

    return each(rows, f)


def dialogue_missing_from_prompt(rows, rng):
    """The dialogue was never filled into the prompt (empty or unfilled placeholder), so the model asks for it."""
    opts = TEXTS["dialogue_missing_from_prompt"]
    return each(rows, lambda _r: rng.choice(opts))


def input_cut_to_first_line(rows, rng):
    """The input was cut down to its first line, so each 'summary' is only about the opening message."""

    def f(r):
        line = lines(r["dialogue"])[0]
        who, _, what = line.partition(":")
        what = what.strip() or who
        return rng.choice(['%s says: "%s"', '%s writes "%s" and gets no answer.', '%s only says "%s".']) % (
            who.strip(),
            what,
        )

    return each(rows, f)


def writes_python_code(rows, rng):
    """A base model answered the prompt with Python code for summarization and not with a summary."""

    def f(r):
        a, _ = two_speakers(r["dialogue"])
        fn = rng.choice(["summarize", "get_summary", "summarize_dialogue", "solution"])
        return (
            f"```python\nfrom transformers import pipeline\n\ndef {fn}(dialogue):\n    summarizer = "
            f'pipeline("summarization")\n'
            f"    return summarizer(dialogue)[0]['summary_text']\n\nprint({fn}(\"{a}: ...\"))\n```"
        )

    return each(rows, f)
