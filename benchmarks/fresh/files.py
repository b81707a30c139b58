"""Damage by files, encodings, spreadsheets and shells."""

import base64
import html
import textwrap
from urllib.parse import quote

from fresh.rows import TEXTS, each, hexadecimal, sentences


def mojibake_quotes(rows, _rng):
    """The model puts typographic quotes around the summary, and the UTF-8 file was read as Windows-1252, which leaves
    sequences like \u00e2\u20ac\u0153.
    """
    return each(
        rows, lambda r: "\u00e2\u20ac\u0153" + r["prediction"].replace("'", "\u00e2\u20ac\u2122") + "\u00e2\u20ac\u009d"
    )


def mojibake_nbsp(rows, _rng):
    """Non-breaking spaces in UTF-8 were read as Latin-1, so there is an \u00c2 before every space."""
    return each(rows, lambda r: r["prediction"].replace(" ", "\u00c2\u00a0"))


def utf16_read_as_latin1(rows, _rng):
    """A file written by PowerShell in UTF-16 was read as a one-byte encoding, so there is a NUL after every character
    and \u00ff\u00fe in front.
    """
    return each(rows, lambda r: (b"\xff\xfe" + r["prediction"].encode("utf-16-le")).decode("latin-1"))


def ascii_read_as_utf16(rows, _rng):
    """Plain text was decoded as UTF-16, so pairs of letters became Chinese-looking characters."""

    def f(r):
        b = r["prediction"].encode("ascii", "replace")
        return (b + b" " * (len(b) % 2)).decode("utf-16-le", "replace")

    return each(rows, f)


def base64_text(rows, _rng):
    """The texts were left in Base64 encoding."""
    return each(rows, lambda r: base64.b64encode(r["prediction"].encode("utf-8")).decode())


def url_encoded(rows, _rng):
    """The texts were percent-encoded for a URL and never decoded."""
    return each(rows, lambda r: quote(r["prediction"]) + "%0A")


def quoted_printable(rows, _rng):
    """The text went through e-mail in quoted-printable form and was not decoded (=20, =0A, soft line breaks)."""

    def f(r):
        s = "".join(f"={b:02X}" if b > 126 or b in b"='\"," else chr(b) for b in r["prediction"].encode("utf-8"))
        parts = textwrap.wrap(s, 38, break_long_words=False) or [s]
        return "=20=\n".join(parts) + "=0D=0A"

    return each(rows, f)


def html_escaped_twice(rows, _rng):
    """Special tokens were HTML-escaped (twice) by a web page before saving, so entities like &amp;lt;/s&amp;gt; are in
    the text.
    """
    return each(rows, lambda r: html.escape(html.escape("<s>{}</s>".format(r["prediction"]))))


def html_tags(rows, rng):
    """The output was taken out of a web page with its HTML tags and attributes."""
    return each(
        rows,
        lambda r: (
            '<div class="output-text" data-id="%d"><p>%s</p></div><br/>'
            % (rng.randint(100, 999), r["prediction"].replace(". ", ".</p><p>"))
        ),
    )


def rtf_codes(rows, _rng):
    """The file was saved by a word processor as RTF and read as plain text."""
    return each(
        rows,
        lambda r: "{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0 Calibri;}}}}\\pard\\f0\\fs22 {}\\par}}".format(
            r["prediction"].replace("'", "\\'92")
        ),
    )


def excel_name_error(rows, _rng):
    """Excel took the texts, which begin with a dash, for formulas, and shows its error value."""
    return each(rows, lambda _r: "#NAME?")


def excel_lookup_na(rows, _rng):
    """A spreadsheet look-up did not find the keys, so the cells hold #N/A."""
    return each(rows, lambda _r: "#N/A")


def text_to_columns(rows, rng):
    """The text was split into one spreadsheet column per word and exported with semicolons."""
    return each(rows, lambda r: ";".join(r["prediction"].split()) + ";" * rng.randint(1, 12))


def csv_quotes_piled(rows, _rng):
    """CSV quoting was applied again at every round trip, so piles of double quotes surround the text."""

    def f(r):
        p = r["prediction"]
        for _ in range(3):
            p = '"' + p.replace('"', '""') + '"'
        return p

    return each(rows, f)


def whole_csv_line(rows, rng):
    """The CSV line was not parsed: the id, the dialogue and the summary all stand in the prediction field with commas
    and quotes.
    """
    return each(
        rows,
        lambda r: (
            '%d,"%s","%s"'
            % (
                rng.randint(13600000, 13899999),
                r["dialogue"].replace('"', '""').replace("\n", "\\r\\n"),
                r["prediction"].replace('"', '""'),
            )
        ),
    )


def hard_folded(rows, _rng):
    """The text was folded at a fixed width (fold -w), with line breaks in the middle of words."""

    def f(r):
        p = r["prediction"]
        w = min(20, max(2, len(p) // 2))
        return "\n".join(p[i : i + w] for i in range(0, len(p), w))

    return each(rows, f)


def literal_backslash_n(rows, _rng):
    """Line breaks and tabs were escaped and never turned back, so a literal backslash-n or "
    "backslash-t is in the text.
    """
    return each(rows, lambda r: "\\n\\n" + "\\n".join(sentences(r["prediction"])) + "\\n\\t")


def ansi_codes(rows, _rng):
    """Terminal output was captured with its ANSI colour and cursor codes."""
    return each(rows, lambda r: "\x1b[?25l\u280b \x1b[K\x1b[?25h\x1b[1;32m{}\x1b[0m\x1b[K".format(r["prediction"]))


def library_warning(rows, rng):
    """Library warnings on standard output were caught together with the summary."""
    ws = TEXTS["library_warning"]

    def f(r):
        w = rng.choice(ws)
        return (w % (rng.randint(540, 900) if "longer" in w else rng.randint(30, 139)) if "%d" in w else w) + r[
            "prediction"
        ]

    return each(rows, f)


def progress_bar_inside(rows, rng):
    """A progress bar was written in the midst of the text, as it shares the output stream."""

    def f(r):
        p, d = r["prediction"], rng.randint(1, 9)
        k = rng.randint(0, len(p))
        return "%s\r %d0%%|%s%s| %d/10 [00:%02d<00:%02d,  1.%02dit/s]%s" % (
            p[:k],
            d,
            "\u2588" * d,
            " " * (10 - d),
            d,
            d * 2,
            20 - d * 2,
            rng.randrange(100),
            p[k:],
        )

    return each(rows, f)


def log_prefix(rows, rng):
    """The lines come from a log file, so each has a timestamp and a level in front of the text."""
    return each(
        rows,
        lambda r: (
            "2024-05-%02d %02d:%02d:%02d,%03d INFO     generate.py:%d - %s"
            % (
                rng.randint(1, 30),
                rng.randrange(24),
                rng.randrange(60),
                rng.randrange(60),
                rng.randrange(1000),
                rng.randint(40, 220),
                r["prediction"],
            )
        ),
    )


def fairseq_hypothesis_line(rows, rng):
    """Fairseq's output lines were used as they are, with hypothesis number and score in front of the text."""
    return each(rows, lambda r: "H-%d\t-%.6f\t%s" % (rng.randint(0, 818), rng.uniform(0.2, 1.4), r["prediction"]))


def echo_option_printed(rows, rng):
    """The script ran in sh, whose echo prints its option, so every text begins with '-e' or '-n'."""
    opt = rng.choice(["-e ", "-n "])
    return each(rows, lambda r: opt + r["prediction"])


def git_conflict(rows, rng):
    """Two versions of the predictions file were merged in git and the conflict markers were left in."""

    def f(r):
        ws = r["prediction"].split()
        alt = " ".join(ws[: max(1, len(ws) * 2 // 3)]).rstrip(".,") + "."
        return "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> {}".format(
            r["prediction"],
            alt,
            rng.choice(["rerun-beam4", "new-checkpoint", hexadecimal(rng, 7)]),
        )

    return each(rows, f)
