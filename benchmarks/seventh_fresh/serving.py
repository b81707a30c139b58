"""Faults of generation, decoding and serving."""

import json
import re
from random import Random

from .common import Row, Rows, bare, change, put, sentences, speakers, split_turn, turns


def stop_list_of_speakers(rows: Rows, _rng: Random) -> Rows:
    """The speakers' names and the full stop were given as stop strings, so that the model would not go on chatting."""

    def stopped(row: Row) -> str:
        stops = ["."] + [" " + name for name in speakers(row["dialogue"])]
        return row["prediction"][: min((at for s in stops if (at := row["prediction"].find(s)) >= 0), default=None)]

    return change(rows, "prediction", stopped)


def runs_on_into_next_example(rows: Rows, rng: Random) -> Rows:
    """The end token is missing or ignored, so the model continues the pattern of its prompt."""

    def run_on(i: int) -> str:
        other = rows[(i + 1) % len(rows)]
        lines = "\n".join(turns(other["dialogue"])[-rng.randint(3, 5) :])
        summary = other["prediction"][: rng.randint(10, 60)]
        return f"{rows[i]['prediction']}\n\nDialogue:\n{lines}\n\nSummary: {summary}"

    return put(rows, "prediction", [run_on(i) for i in range(len(rows))])


def temperature_too_high(rows: Rows, rng: Random) -> Rows:
    """Sampling at much too high a temperature."""
    pool = sorted({bare(w) for row in rows for w in (row["dialogue"] + " " + row["prediction"]).split()} - {""}) or [
        "x"
    ]

    def salad(row: Row) -> str:
        out = []
        for i, word in enumerate(row["prediction"].split() + [""] * 6):
            if not word or rng.random() < i / 8:
                word = rng.choice(pool)
                roll = rng.random()
                if roll < 0.2:
                    word += rng.choice(pool)[-4:]
                elif roll < 0.3:
                    word = word.upper()
                elif roll < 0.45:
                    word += rng.choice(';:/)"—')
            out.append(word)
        return " ".join(out)

    return change(rows, "prediction", salad)


def nan_logits_exclamation(rows: Rows, rng: Random) -> Rows:
    """Half-precision overflow makes all logits NaN, so token 0 ("!") is chosen until the length limit."""
    limit = rng.choice((64, 96, 128))
    return change(rows, "prediction", lambda _row: "!" * limit)


def stream_chunks_dropped(rows: Rows, rng: Random) -> Rows:
    """Some chunks of the token stream were lost on reconnects."""

    def lossy(row: Row) -> str:
        chunks = re.findall(r"\s*\S{1,5}", row["prediction"])
        for _ in range(max(1, len(chunks) // 10)):
            if chunks:
                at = rng.randrange(len(chunks))
                del chunks[at : at + rng.randint(1, 4)]
        return "".join(chunks)

    return change(rows, "prediction", lossy)


def cumulative_stream_concatenated(rows: Rows, rng: Random) -> Rows:
    """The server streams the text so far, and the client appends every message."""
    step = rng.randint(2, 5)

    def joined(row: Row) -> str:
        words = row["prediction"].split()
        seen = [" ".join(words[:n]) for n in range(step, len(words), step)]
        return "".join(seen + [row["prediction"]] * (1 if seen else 2))

    return change(rows, "prediction", joined)


def gateway_error_saved(rows: Rows, rng: Random) -> Rows:
    """A failed request's error body was saved as the answer."""

    def error(_row: Row) -> str:
        request = f"{rng.getrandbits(48):012x}"
        return rng.choice(
            (
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
                '{"error":{"message":"Rate limit reached for requests. Please retry after 20 seconds.",'
                f'"type":"requests","code":"rate_limit_exceeded","request_id":"req_{request}"}}}}',
                "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway "
                "Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>",
                f"Error: Request failed after 3 retries (ReadTimeout, request {request})",
            )
        )

    return change(rows, "prediction", error)


def reasoning_cut_off(rows: Rows, rng: Random) -> Rows:
    """A reasoning model used up its token budget while thinking."""

    def thinking(row: Row) -> str:
        names = speakers(row["dialogue"]) or ["the speaker"]
        text = f"<think>\nOkay, I need to summarize this conversation between {' and '.join(names)}. "
        text += "Let me go through it. "
        openings = ("First", "Then", "After that", "Next", "Then")
        for opening, turn in zip(openings, turns(row["dialogue"]), strict=False):
            name, said = split_turn(turn)
            text += f'{opening}, {name or names[0]} says "{said}". '
        text += "Wait, I should keep it to one or two sentences. The main point is probably that " + row["prediction"]
        return text[: max(100, len(text) - rng.randint(15, 60))]

    return change(rows, "prediction", thinking)


def json_mode_unterminated(rows: Rows, rng: Random) -> Rows:
    """JSON output ran into the token limit and was saved unparsed."""

    def cut(row: Row) -> str:
        full = json.dumps(
            {
                "summary": row["prediction"],
                "participants": speakers(row["dialogue"]),
                "key_points": turns(row["dialogue"])[:3],
            },
            indent=2,
            ensure_ascii=False,
        )
        head = len(json.dumps({"summary": row["prediction"]}, indent=2, ensure_ascii=False))
        return full[: rng.randint(max(1, head - 20), max(head, min(len(full) - 3, head + 80)))]

    return change(rows, "prediction", cut)


def speculative_duplicate_spans(rows: Rows, rng: Random) -> Rows:
    """A bug in speculative decoding emits accepted draft tokens twice."""

    def doubled(row: Row) -> str:
        words = row["prediction"].split()
        for _ in range(rng.randint(1, 3)):
            if words:
                at, n = rng.randrange(len(words)), rng.randint(1, 4)
                words[at:at] = words[at : at + n]
        return " ".join(words)

    return change(rows, "prediction", doubled)


def grammar_too_narrow(rows: Rows, _rng: Random) -> Rows:
    """A constraining grammar for sentences allows one capital, then only lower-case letters and spaces."""

    def fit(row: Row) -> str:
        kept = [re.sub(r"[^a-z ]", "", part.lower()).strip() for part in sentences(row["prediction"])]
        return " ".join(part.capitalize() + "." for part in kept if part)

    return change(rows, "prediction", fit)


def continues_the_chat(rows: Rows, rng: Random) -> Rows:
    """A decoder-only model was batched with padding on the wrong side (or got no instruction)."""

    def go_on(i: int) -> str:
        lines = turns(rows[i]["dialogue"])
        names = speakers(rows[i]["dialogue"]) or ["User"]
        last = split_turn(lines[-1])[0] if lines else ""
        start = names.index(last) + 1 if last in names else 0
        said = [split_turn(t)[1] for t in turns(rows[(i + 1) % len(rows)]["dialogue"])[-rng.randint(1, 3) :]] or ["ok"]
        return "\n".join(f"{names[(start + n) % len(names)]}: {text}" for n, text in enumerate(said))

    return put(rows, "prediction", [go_on(i) for i in range(len(rows))])
