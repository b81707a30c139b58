"""Predictions damaged by servers, streams and chat sessions."""

import random

from .common import Row, cap, edit, lower_first, speakers, subjects, turns
from .telling import report

MODELS = ("google/gemma-2-2b-it", "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "gpt-4o-mini")
ERRORS = (
    "Error code: 429 - {{'error': {{'message': 'Rate limit reached for {m} on tokens per min (TPM): Limit {k}000, "
    "Used {n}. Please try again in {s}ms.', 'type': 'tokens', 'param': None, 'code': 'rate_limit_exceeded'}}}}",
    "Error code: 400 - {{'object': 'error', 'message': \"This model's maximum context length is {c} tokens. However, "
    "you requested {n} tokens in the messages. Please reduce the length of the messages.\", 'code': 400}}",
    "HTTPConnectionPool(host='localhost', port={p}): Read timed out. (read timeout={k})",
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx/1.{k}.0</center>\r\n</body>\r\n</html>",
    "CUDA out of memory. Tried to allocate {k}.{s} MiB. GPU 0 has a total capacity of 15.77 GiB of which {s}.12 MiB is "
    "free.",
    "Request timed out.",
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    '{{"error":"Model {m} is currently loading","estimated_time":{k}.{n}}}',
    "Internal Server Error",
    '{{"detail":"Service Unavailable","request_id":"req_{h}"}}',
    "Connection error.",
    "ERROR: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
)
SESSION = (
    "In addition to the previous conversation, where {p}, {n}",
    "{P} In the second conversation, {n}",
    "Unlike the earlier chat in which {p}, here {n}",
    "Previously, {p}. Now {n}",
    "{P} {N}",
    "As in the conversation above, {n} Earlier, {p}.",
    "Updated summary: {P} {N}",
)
THOUGHTS = (
    "Okay, the user wants me to summarize this conversation.",
    "Let me read through the dialogue carefully.",
    "Okay, let's see. I need to write a short summary.",
    "Alright, so there are {c} people here: {names}.",
    "First, I need to identify the key points.",
    "Hmm, the user didn't specify a length, so I'll keep it short.",
)
MUSINGS = (
    "Then {r}.",
    "So {r}.",
    "I should mention that {r}.",
    "Wait, {r}. That's important.",
    "Next, {r}.",
    "The main topic seems to be {w}.",
    "I need to make sure I don't add anything that isn't there.",
    "Also, {r}.",
    "Maybe I can leave the {w} part out, but it might matter.",
    "Let me check if I missed anything. No, that's it.",
)
REFUSALS = (
    "I'm sorry, but I can't assist with that request.",
    "I cannot summarize this conversation because it contains {x}.",
    "I'm unable to help with this. The conversation appears to include {x}.",
    "I'm sorry, I can't help with that.",
    "I can't fulfill this request. I am just an AI and it would not be appropriate to share {x}.",
    "As an AI language model, I don't feel comfortable summarizing a private conversation between {a} and {b}.",
    "I apologize, but I cannot provide a summary of a conversation that involves {x}. Is there anything else I can do?",
    "I am unable to provide a summary as this could violate the privacy of {a}.",
    "I can't talk about {w}, sorry.",
    "This content may violate our usage policies.",
    "I cannot create content that promotes {x}. Can I help otherwise?",
)
REASONS = ("explicit content", "personal information", "harassment", "harmful language", "private details", "bullying")


def cumulative_stream_chunks_appended(rows: list[Row], rng: random.Random) -> list[Row]:
    """Each event of the stream held the text so far, but the client appended it. The beginning repeats and grows."""
    step = rng.choice((1, 2, 2, 3, 4))
    joint = rng.choice(("", "", " ", "\n"))

    def change(row: Row) -> str:
        words = row["prediction"].split(" ")
        ends, at = [], 0
        while at < len(words):
            at += max(1, step + rng.choice((0, 0, 0, 1)))
            ends.append(min(at, len(words)))
        if len(ends) == 1:
            ends.insert(0, 1)
        return joint.join(" ".join(words[:end]) for end in ends)

    return edit(rows, "prediction", change)


def server_error_saved_as_answer(rows: list[Row], rng: random.Random) -> list[Row]:
    """The request failed and the client wrote the error's text where the summary belongs."""
    model, usual = rng.choice(MODELS), rng.sample(ERRORS, 2)

    def change(_row: Row) -> str:
        frame = rng.choice(usual if rng.random() < 0.85 else ERRORS)
        return frame.format(
            m=model,
            k=rng.choice((20, 30, 60, 120)),
            n=rng.randint(4100, 98000),
            s=rng.randint(11, 999),
            c=rng.choice((2048, 4096, 8192)),
            p=rng.choice((8000, 8080, 11434)),
            h=f"{rng.getrandbits(48):012x}",
        )

    return edit(rows, "prediction", change)


def history_not_cleared_between_rows(rows: list[Row], rng: random.Random) -> list[Row]:
    """One chat session served all rows, so the model still sees the last conversation and summarizes both."""
    out: list[Row] = []
    for place, row in enumerate(rows):
        last = rows[place - 1]["prediction"] if len(rows) > 1 else report(row, 0, rng)
        last, now = last.strip(), row["prediction"].strip()
        slots = {
            "p": lower_first(last, speakers(rows[place - 1])).rstrip(" ."),
            "P": last,
            "n": lower_first(now, speakers(row)),
            "N": now,
        }
        out.append({**row, "prediction": rng.choice(SESSION).format(**slots)})
    return out


def thinking_block_kept(rows: list[Row], rng: random.Random) -> list[Row]:
    """A reasoning model's thoughts were not stripped. They precede the summary, or use up the whole limit."""
    limit, names_tag = rng.choice((200, 300, 400)), rng.choice(("think", "think", "think", "reasoning"))

    def change(row: Row) -> str:
        names, about = speakers(row), subjects(row)
        lines = [line.format(c=len(names), names=", ".join(names)) for line in rng.sample(THOUGHTS, rng.randint(1, 3))]
        for place in range(min(len(turns(row)), rng.randint(2, 7))):
            told = report(row, place, rng)
            lines.append(rng.choice(MUSINGS).format(r=told, w=rng.choice(about)))
        text = "".join(line + rng.choice((" ", " ", "\n\n")) for line in lines).strip()
        whole = f"<{names_tag}>\n{text}\n</{names_tag}>\n\n{row['prediction']}"
        return cap(whole, 60 + rng.randint(0, 30) if rng.random() < 0.2 else limit, rng)

    return edit(rows, "prediction", change)


def safety_refusal_saved(rows: list[Row], rng: random.Random) -> list[Row]:
    """The model's or the provider's safety training refused the conversation, and the refusal was saved."""

    def change(row: Row) -> str:
        names, about = speakers(row), subjects(row)
        return rng.choice(REFUSALS).format(a=names[0], b=names[1], w=rng.choice(about), x=rng.choice(REASONS))

    return edit(rows, "prediction", change)
