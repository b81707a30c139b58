"""Answers of chat models that are not the bare summary."""

import json
from random import Random

from .row import TEXTS, Row, answers, predictions, sentences, speakers, story


@predictions
def polite_preamble(text: str, random: Random) -> str:
    """The chat model introduces its summary with a sentence that was not removed."""
    return f"{random.choice(TEXTS['preambles'])}\n\n{text}"


@answers
def reasoning_kept(row: Row, random: Random) -> str:
    """The reasoning of a thinking model stays in front of the summary."""
    return f"<think>\n{story('thoughts', speakers(row.dialogue), random, 5)}\n</think>\n\n{row.prediction}"


@answers
def reasoning_used_up_the_limit(row: Row, random: Random) -> str:
    """The limit of tokens was reached while the model was still thinking: there is reasoning but no summary."""
    return f"<think>\n{story('thoughts', speakers(row.dialogue), random, 6)}"[: random.randint(220, 420)]


@predictions
def chat_template_in_output(text: str, _: Random) -> str:
    """The wrong stop token was set: markers of the chat template and an empty next turn are in the output."""
    return f"<|im_start|>assistant\n{text}<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n"


@answers
def bullets_with_heading(row: Row, random: Random) -> str:
    """The model writes a Markdown page: a heading, the participants, and bullets with next steps."""
    people = ", ".join(f"**{name}**" for name in speakers(row.dialogue))
    bullets = "\n".join(f"- {part}" for part in sentences(row.prediction))
    steps = random.choice(TEXTS["next_steps"])
    return f"## Summary\n\n**Participants:** {people}\n\n**Key points:**\n{bullets}\n\n**Next steps:** {steps}"


@answers
def json_object(row: Row, random: Random) -> str:
    """The model answered with a JSON object with further fields, and nobody took the summary out of it."""
    fields = {
        "summary": row.prediction, "participants": speakers(row.dialogue),
        "sentiment": random.choice(["neutral", "positive"]), "topics": random.sample(TEXTS["topics"], 3),
        "confidence": round(random.uniform(0.7, 0.99), 2),
    }  # fmt: skip
    return json.dumps(fields)


@predictions
def refusal(_text: str, random: Random) -> str:
    """A safety filter of the chat model refused to summarize private conversations."""
    return random.choice(TEXTS["refusals"])


@predictions
def asks_for_dialogue(_text: str, random: Random) -> str:
    """The placeholder of the prompt was never filled: the model asks for the conversation."""
    return random.choice(TEXTS["requests"])


@predictions
def example_of_prompt_repeated(_text: str, random: Random) -> str:
    """The model repeats the summaries of the two examples in its few-shot prompt."""
    return random.choice(TEXTS["examples"])


@predictions
def talk_about_talk(_text: str, random: Random) -> str:
    """A vague prompt: the model describes that there is a conversation and says nothing of its content."""
    return " ".join(random.sample(TEXTS["vague"], 2))


@predictions
def headline_style(text: str, random: Random) -> str:
    """The prompt asked for a title: three to five words in title case instead of a summary."""
    words = [word.strip(".,!?") for word in text.split() if word.lower() not in TEXTS["stopwords"]]
    return " ".join(words[: random.randint(3, 5)]).title()


@predictions
def verdict_of_judge(_text: str, random: Random) -> str:
    """The judge's verdict was saved in the column of the summaries."""
    return f"Score: {random.randint(2, 5)}/5\n{' '.join(random.sample(TEXTS['verdicts'], 2))}"
