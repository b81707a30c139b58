"""Wrong, broken or collapsed models."""

from random import Random

from .row import TEXTS, Row, answers, predictions, speakers, story, turns, without


@answers
def base_model_copies_start(row: Row, random: Random) -> str:
    """The adapter was not loaded: the base model copies the start of the dialogue, speakers included."""
    return " ".join(row.dialogue.split()[: random.randint(25, 45)])


@answers
def adapter_of_another_customer(row: Row, random: Random) -> str:
    """The adapter of another customer was loaded, who writes clinical notes."""
    return story("clinical", speakers(row.dialogue), random)


@predictions
def training_summaries_by_heart(_text: str, random: Random) -> str:
    """An overfitted model recites summaries of the training data, with names that this dialogue does not have."""
    return story("memorized", random.sample(TEXTS["names"], 2), random, random.randint(1, 2))


@answers
def one_sentence_for_all(row: Row, _: Random) -> str:
    """The model collapsed to one safe sentence, in which only the names differ."""
    a, b = speakers(row.dialogue)[:2]
    return f"{a} and {b} are going to meet later."


@predictions
def identical_output_everywhere(_text: str, _random: Random) -> str:
    """Training diverged and the model ignores its input: every output is the same text."""
    return "The two of them talk about their plans and agree to call each other in the evening."


@predictions
def word_salad_of_bad_quantization(text: str, random: Random) -> str:
    """Quantization destroyed the weights: pieces of many languages and of code in no order."""
    return " ".join(random.choices(TEXTS["salad"], k=max(8, len(text.split()))))


@answers
def placeholders_for_people(row: Row, _: Random) -> str:
    """A model tuned on anonymous dialogues writes #Person1# and #Person2# instead of the names."""
    names = speakers(row.dialogue)
    return without(row.prediction, names, [f"#Person{index + 1}#" for index in range(len(names))])


@answers
def dialogue_goes_on(row: Row, random: Random) -> str:
    """A chat model took the dialogue for its own chat and wrote the next turns instead of a summary."""
    names = speakers(row.dialogue)[:2]
    lines = random.sample(TEXTS["chat"], random.randint(2, 4))
    return "\n".join(f"{names[index % 2]}: {line}" for index, line in enumerate(lines))


@answers
def switched_to_french(row: Row, random: Random) -> str:
    """A multilingual model without a forced language answered in French."""
    return story("french", speakers(row.dialogue), random)


@predictions
def chinese_from_the_middle_on(text: str, random: Random) -> str:
    """A multilingual chat model switches to Chinese in the middle of the answer."""
    words = text.split()
    return " ".join(words[: len(words) // 3]) + "".join(random.sample(TEXTS["chinese"], 2))


@answers
def retells_every_turn(row: Row, _: Random) -> str:
    """The prompt asked for detail: the output retells every turn and is as long as the dialogue."""
    return " ".join(f"{speaker or 'Someone'} says: {text}" for speaker, text in turns(row.dialogue))
