"""Faults of prompts, models and training objectives."""

from random import Random

from .common import STOP, Row, Rows, any_of, bare, change, speakers


def role_header_left(rows: Rows, rng: Random) -> Rows:
    """The chat template's header was generated or kept, with only some special tokens stripped."""
    header = rng.choice(("assistant\n\n", "model\n", "assistant\n", "<|im_start|>assistant\n"))
    return change(rows, "prediction", lambda row: header + row["prediction"])


DEMOS = (
    "Amanda baked cookies and will bring Jerry some tomorrow.",
    "Tom can't find his charger, so Lisa will lend him hers after the lecture.",
    "Anna and Mike are going to the cinema on Friday at 8 pm.",
)


def few_shot_demo_parroted(rows: Rows, rng: Random) -> Rows:
    """The model repeats the answer of the few-shot example."""
    demo = rng.choice(DEMOS)
    return change(rows, "prediction", lambda row: demo if rng.random() < 0.6 else f"{demo} {row['prediction']}")


def headline_checkpoint(rows: Rows, rng: Random) -> Rows:
    """A checkpoint for headlines or subject lines was loaded."""

    def headline(row: Row) -> str:
        words = [w for w in map(bare, row["prediction"].split()) if w and w.lower() not in STOP]
        return " ".join(w[0].upper() + w[1:] for w in words[: rng.randint(4, 6)])

    return change(rows, "prediction", headline)


def labels_shifted_twice(rows: Rows, _rng: Random) -> Rows:
    """The training code shifted the labels as the model does, too, so it learned to predict the token after next."""
    return change(rows, "prediction", lambda row: " ".join(row["prediction"].split()[1::2]))


def speakers_swapped(rows: Rows, _rng: Random) -> Rows:
    """The chat was turned into user and assistant messages and the names were put back the wrong way round."""

    def swapped(row: Row) -> str:
        names = speakers(row["dialogue"])
        named = [n for n in names if any_of([n]).search(row["prediction"])]
        pair = (named + [n for n in names if n not in named])[:2]
        other = dict(zip(pair, pair[::-1], strict=False))
        return any_of(pair).sub(lambda m: other[m[0]], row["prediction"])

    return change(rows, "prediction", swapped)


def teacher_forced_argmax(rows: Rows, rng: Random) -> Rows:
    """Predictions are the argmax of the teacher-forced logits, not generated text."""

    def argmax(row: Row) -> str:
        words = row["reference"].split()
        pool = row["dialogue"].split() or ["the"]
        wrong = {0} if words else set()
        wrong |= {i for i in range(len(words)) if rng.random() < 0.22}
        out = [
            (words[i - 1] if i and rng.random() < 0.3 else rng.choice(pool).rstrip(":")) if i in wrong else word
            for i, word in enumerate(words)
        ]
        return " ".join(out + ["."] * rng.randint(2, 8))

    return change(rows, "prediction", argmax)
