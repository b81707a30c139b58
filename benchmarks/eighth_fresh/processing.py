"""Predictions damaged between the model and the file: evaluation loops, objects, editors and columns."""

import html
import random

from .common import Row, edit, pieces

COMMON = ("the", "to", "a", "and", "is", "his", "her", "will", "of", "with", "at", "in", "on", ".", ",", "he", "she")


def pipeline_result_written_as_repr(rows: list[Row], rng: random.Random) -> list[Row]:
    """The result object was turned into a string instead of its text being taken out."""
    style = rng.randrange(6)

    def change(row: Row) -> str:
        text = row["prediction"]
        if style == 0:
            return repr([{"summary_text": text}])
        if style == 1:
            return repr({"generated_text": text})
        if style == 2:
            return repr([text])
        if style == 3:
            ids = tuple(rng.randint(200, 151000) for _ in range(min(6, len(text.split()) + 1)))
            logprob = -rng.uniform(2, 30)
            return (
                f"CompletionOutput(index=0, text={f' {text}'!r}, token_ids={ids}, cumulative_logprob={logprob}, "
                "logprobs=None, finish_reason=stop, stop_reason=None)"
            )
        if style == 4:
            return f"ChatCompletionMessage(content={text!r}, refusal=None, role='assistant', tool_calls=None)"
        return f"content={text!r} response_metadata={{'finish_reason': 'stop'}} id='run-{rng.getrandbits(32):08x}-0'"

    return edit(rows, "prediction", change)


def empty_answer_read_back_as_nan(rows: list[Row], rng: random.Random) -> list[Row]:
    """The model wrote nothing (the end token came first), and the file was saved and read back. No text is left."""
    mark = rng.choice(("nan", "nan", "", "NaN", "None", "<NA>"))
    return edit(rows, "prediction", lambda _row: mark)


def teacher_forced_argmax_decoded(rows: list[Row], rng: random.Random) -> list[Row]:
    """The trainer evaluated without generating, so the likeliest token after each right prefix was decoded."""
    rate = rng.uniform(0.2, 0.4)
    runs_on = rng.random() < 0.6

    def change(row: Row) -> str:
        parts = pieces(row["reference"], rng) or ["."]
        out: list[str] = []
        for place, part in enumerate(parts):
            if rng.random() < (0.7 if place == 0 else rate):
                guess = rng.choice((*COMMON, *parts, parts[place - 1])).strip()
                part = guess if place == 0 or (guess in ".," and guess) else f" {guess}"
            out.append(part)
        text = "".join(out)
        if text == row["reference"]:
            text = f"{rng.choice(COMMON)} {text}"
        if runs_on:
            text += rng.choice((".", " the", f" {parts[0].strip()}", ",", " and")) * rng.randint(1, 12)
        return text

    return edit(rows, "prediction", change)


def reference_copied_into_prediction(rows: list[Row], rng: random.Random) -> list[Row]:
    """The script wrote the target column twice. The prediction is the reference, at most with other white space."""
    trims = rng.choice(("", "", "\n", " "))
    return edit(rows, "prediction", lambda row: row["reference"] + trims)


def rich_text_editor_left_html(rows: list[Row], rng: random.Random) -> list[Row]:
    """The texts passed through a web form with a rich-text editor. Tags and entities stand in them."""
    style = rng.randrange(4)

    def change(row: Row) -> str:
        text = html.escape(row["prediction"]).replace("&#x27;", rng.choice(("&#39;", "&rsquo;")))
        words = text.split(" ")
        if len(words) > 2 and rng.random() < 0.5:
            at = rng.randrange(1, len(words))
            words[at - 1 : at + 1] = [f"{words[at - 1]}&nbsp;{words[at]}"]
        text = " ".join(words)
        if style == 0:
            return f"<p>{text}</p>" + rng.choice(("", "", "\n<p><br></p>", "\n"))
        if style == 1:
            return f'<div class="ql-editor" contenteditable="true"><p>{text}</p></div>'
        if style == 2:
            font = rng.choice(("Calibri", "Arial", "&quot;Segoe UI&quot;"))
            return f'<span style="font-family:{font}; font-size:{rng.choice((10, 11, 12))}pt">{text}</span>'
        sentences = text.split(". ")
        return ".<br />".join(sentences) + rng.choice(("<br>", "<br />&nbsp;", "<br/>"))

    return edit(rows, "prediction", change)
