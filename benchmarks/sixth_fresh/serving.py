"""APIs, streams, writers, encodings and tables that spoil the predictions."""

from __future__ import annotations

import random

from .common import Row, edit

COLUMNS = ("dialogue", "reference", "prediction")
HTML = (
    "<html>\r\n<head><title>{code}</title></head>\r\n<body>\r\n<center><h1>{code}"
    "</h1></center>\r\n<hr><center>nginx/1.{minor}.0</center>\r\n</body>\r\n</html>"
)


def api_error_bodies(rows: list[Row], rng: random.Random) -> list[Row]:
    """Failed requests were stored with the error body as the answer."""

    def change(_row: Row) -> str:
        ident = f"req_{rng.getrandbits(48):012x}"
        kind = rng.choices(range(5), weights=(6, 2, 2, 1, 1))[0]
        if kind == 0:
            wait = rng.randint(120, 19900) / 1000
            return (
                '{"error": {"message": "Rate limit reached for requests. Please try '
                f'again in {wait}s.", "type": "requests", "code": '
                '"rate_limit_exceeded"}}'
            )
        if kind == 1:
            code = rng.choice(("502 Bad Gateway", "504 Gateway Time-out"))
            return HTML.format(code=code, minor=rng.choice((18, 22, 24)))
        if kind == 2:
            return (
                '{"type":"error","error":{"type":"overloaded_error","message":'
                f'"Overloaded"}},"request_id":"{ident}"}}'
            )
        if kind == 3:
            return "HTTPSConnectionPool(host='llm.internal', port=443): Read timed out."
        return f"Internal Server Error (request id: {ident})"

    return edit(rows, "prediction", change)


def cumulative_stream_glued(rows: list[Row], rng: random.Random) -> list[Row]:
    """Every chunk of the stream holds the text so far, and all were glued."""

    def change(row: Row) -> str:
        words = row["prediction"].split(" ")
        at, out = 0, []
        while at < len(words):
            at += rng.randint(1, 4)
            out.append(" ".join(words[:at]))
        return "".join(out)

    return edit(rows, "prediction", change)


def writers_interleaved(rows: list[Row], rng: random.Random) -> list[Row]:
    """Two processes wrote into one JSON lines file without a lock."""

    def change(at: int, row: Row) -> str:
        mine, other = row["prediction"], rows[at - 1]["prediction"]
        cut = rng.randint(len(mine) // 4, max(1, 3 * len(mine) // 4))
        there = rng.randint(len(other) // 4, max(1, 3 * len(other) // 4))
        ident = rng.randint(3, 817)
        head = f'{{"id": {ident}, "prediction": "'
        kind = rng.randrange(3)
        if kind == 0:
            return mine[:cut] + head + other[:there]
        if kind == 1:
            return mine[:cut] + other[there:] + '"}\n' + mine[cut:]
        return other[there:] + '"}' + head + mine

    return [{**row, "prediction": change(at, row)} for at, row in enumerate(rows)]


def utf16_read_bytewise(rows: list[Row], _rng: random.Random) -> list[Row]:
    """A PowerShell redirect wrote UTF-16 and it was read as Latin-1 line by line."""
    out = []
    for at, row in enumerate(rows):
        text = row["prediction"].encode("utf-16-le").decode("latin-1")
        out.append({**row, "prediction": ("\0" if at else "ÿþ") + text})
    return out


def series_repr_saved(rows: list[Row], rng: random.Random) -> list[Row]:
    """str() of a one-row pandas Series was saved, shortened as on the screen."""
    number = rng.randint(0, 40)
    out = []
    for row in rows:
        number += rng.randint(1, 3)
        text = row["prediction"].replace("\n", "\\n")
        shown = text if len(text) < 50 else text[:46] + "..."
        shown = f"{number}    {shown}\nName: prediction, dtype: object"
        out.append({**row, "prediction": shown})
    return out


def csv_without_quotes(rows: list[Row], _rng: random.Random) -> list[Row]:
    """Rows were joined with bare commas, so the columns slipped on reading."""
    out = []
    for row in rows:
        flat = ",".join(" ".join(row[key].splitlines()) for key in COLUMNS)
        cells = dict(zip(COLUMNS, flat.split(","), strict=False))
        out.append({**row, **cells})
    return out
