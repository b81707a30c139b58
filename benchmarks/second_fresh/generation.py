"""Settings of generate() that spoil the text."""

from random import Random

from .row import TEXTS, Row, answers, predictions, speakers, turns


@predictions
def cut_at_default_max_length(text: str, random: Random) -> str:
    """max_new_tokens was left at the small default; the summary ends in the middle of a sentence."""
    return " ".join(text.split()[: random.randint(6, 9)])


@answers
def no_room_beside_prompt(row: Row, random: Random) -> str:
    """max_length counts the prompt, too; after the dialogue there was room for one to three tokens."""
    return " ".join(row.prediction.split()[: random.randint(1, 3)])


@answers
def forced_minimum_length(row: Row, random: Random) -> str:
    """min_length of a news model was kept: the model had to go on and filled up with lines of the dialogue."""
    words = row.prediction.split()
    while len(words) < 80:
        speaker, text = random.choice(turns(row.dialogue))
        words += f"{speaker or 'The speaker'} said that {text.strip() or 'nothing else was said'}".split()
    return " ".join(words)


@predictions
def loop_of_last_words(text: str, random: Random) -> str:
    """Greedy search fell into a loop and repeated the last words up to the maximum length."""
    words = text.split()
    return " ".join(words + words[-random.randint(3, 6) :] * random.randint(8, 14))


@predictions
def temperature_too_high(text: str, random: Random) -> str:
    """Sampling with a temperature far too high: the text starts well and drifts into random words."""
    words = text.split()
    return " ".join(
        random.choice(TEXTS["vocabulary"]) if random.random() < 0.2 + 0.7 * place / len(words) else word
        for place, word in enumerate(words)
    )


@predictions
def no_end_token_learned(text: str, random: Random) -> str:
    """The end token was masked in training: after the summary the model invents the next example of the prompt."""
    a, b = random.sample(TEXTS["names"], 2)
    talk = "\n".join(
        f"{name}: {line}" for name, line in zip((a, b, a, b), random.sample(TEXTS["chat"], 4), strict=True)
    )
    return f"{text}\n\n### Dialogue:\n{talk}\n\n### Summary:\n{random.choice(TEXTS['memorized']).format(a=a, b=b)}"


@predictions
def not_a_number_in_half_precision(_text: str, random: Random) -> str:
    """The logits overflowed in float16; the first token of the vocabulary, '!', was written up to the limit."""
    return "!" * random.choice([64, 128])


@answers
def whole_prompt_returned(row: Row, _: Random) -> str:
    """The output of a decoder-only model still contains the prompt with the whole dialogue."""
    return f"Summarize the following conversation.\n\n{row.dialogue}\n\nSummary: {row.prediction}"


@predictions
def start_lost_with_prompt(text: str, random: Random) -> str:
    """The prompt was cut off by its length in characters, which was longer than decoded: the start is lost."""
    return text[min(random.randint(20, 45), len(text) * 2 // 3) :]


@answers
def padding_on_wrong_side(row: Row, random: Random) -> str:
    """A decoder-only model was run with padding on the right: after the padding it babbles from nowhere."""
    start = random.choice(["\n\n", ". ", "of the ", "s, "])
    return (
        start + " ".join(random.choices(TEXTS["vocabulary"], k=random.randint(5, 12))) + f" {speakers(row.dialogue)[0]}"
    )
