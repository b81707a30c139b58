"""Damage by decoding and by streams."""

from random import Random

from .row import TEXTS, Row, answers, prediction, predictions, speakers, turns


@predictions
def streaming_snowball(text: str, random: Random) -> str:
    """Append the whole text so far at each event of a stream, and not what is new."""
    words = text.split()
    step = max(2, len(words) // random.randint(4, 6))
    ends = [*range(step, len(words), step), len(words)]
    if len(ends) == 1:
        ends = [1, *ends]
    return "".join(" ".join(words[:end]) for end in ends)


@predictions
def streaming_lost_chunks(text: str, random: Random) -> str:
    """Lose chunks of a stream when the client connects again: holes in the middle of words."""
    kept, start, lost = [], 0, False
    while start < len(text):
        size = random.randint(3, 7)
        if start and random.random() < 0.42:
            lost = True
        else:
            kept.append(text[start : start + size])
        start += size
    return "".join(kept) if lost else text[:4] + text[4 + len(text) // 3 :]


@predictions
def tokens_out_of_order(text: str, random: Random) -> str:
    """Hand the words over as they arrive from a queue: they are mixed within windows of six."""
    words, mixed = text.split(), []
    for start in range(0, len(words), 6):
        window = words[start : start + 6]
        new = window[:]
        for _ in range(10):
            random.shuffle(new)
            if new != window:
                break
        mixed += new
    return " ".join(mixed)


@predictions
def double_shift_every_other_word(text: str, random: Random) -> str:
    """Shift the labels twice in training: the model predicts the token after the next, so every other word is lost."""
    return " ".join(text.split()[random.randint(0, 1) :: 2])


@predictions
def fp16_nan_bangs(text: str, random: Random) -> str:
    """Overflow in half precision after a few words: the first token of the vocabulary fills the rest."""
    return " ".join(text.split()[: random.randint(0, 4)]) + "!" * random.randint(50, 160)


@answers
def quantized_salad(_: Row, random: Random) -> str:
    """Convert to 4 bits with the wrong group size: tokens of many scripts and of source code."""
    return "".join(random.choice(TEXTS["salad"]) for _ in range(random.randint(25, 50))).strip()


@answers
def think_block_cut(row: Row, random: Random) -> str:
    """Spend all new tokens on thoughts: there is no answer."""
    said, names = turns(row["dialogue"]), speakers(row["dialogue"])
    quoted = [random.choice(said) for _ in range(3)]
    text = (
        f"<think>\nOkay, so I need to summarize this conversation. Let me see. There's {names[0]} and {names[1]}. "
        f'First {said[0][0]} says "{said[0][1][:60]}". Hmm, then {quoted[0][0]} says "{quoted[0][1][:60]}". '
        f'Wait, I should check who is talking here. {quoted[1][0]} mentions "{quoted[1][1][:50]}", so maybe the main '
        "point is that. Alternatively, the user might want just one sentence. Let me think about what matters. "
        f'{quoted[2][0]} also says "{quoted[2][1][:50]}". I should probably keep the names and avoid det'
    )
    return text[: random.randint(max(150, len(text) - 120), len(text))]


@predictions
def chat_turn_runon(text: str, random: Random) -> str:
    """Do not stop at the end of the turn: the model plays further turns of a user and an assistant."""
    exchanges = [
        ("Can you make it shorter?", "Sure! Here is a shorter version: They make plans."),
        ("Thanks! Who wrote first?", "The first message was written earlier in the chat."),
        ("Translate this into Spanish please.", "Of course. They agree with each other in the end."),
        ("What is the mood of the conversation?", "The mood is friendly and relaxed."),
        ("Great, now write a title.", "How about: A Quick Chat Between Friends"),
    ]
    chosen = random.sample(exchanges, random.randint(2, 3))
    return text + "".join(f"\nuser\n{question}\nassistant\n{answer}" for question, answer in chosen)


@answers
def switches_to_french(row: Row, random: Random) -> str:
    """Force the wrong language token: the model drifts into French after a third of the words."""
    words, names = prediction(row).split(), speakers(row["dialogue"])
    french = random.choice(TEXTS["french"]).format(a=names[0], b=names[1])
    return " ".join(words[: max(2, len(words) // 3)]) + " " + french
