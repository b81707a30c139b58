"""Damage by prompts, templates and adapters."""

from random import Random

from .row import Row, answers, prediction, sentences, speakers, turns


@answers
def minutes_bullets(row: Row, random: Random) -> str:
    """Use the prompt of a product for minutes: headings, bullets and action items."""
    names = speakers(row["dialogue"])
    points = "\n".join(f"- {sentence}" for sentence in sentences(prediction(row)))
    return (
        f"## Meeting Minutes\n\n**Participants:** {', '.join(names)}\n**Date:** not specified\n\n"
        f"### Key Discussion Points\n{points}\n- The participants exchanged further remarks.\n\n"
        f"### Action Items\n- [ ] {random.choice(names)}: follow up\n- [ ] {names[0]}: confirm details\n\n"
        "### Next Steps\nNo next meeting was scheduled."
    )


@answers
def placeholder_reply(_: Row, random: Random) -> str:
    """Forget to fill in the template: the model sees "{dialogue}" and says so."""
    replies = [
        "It looks like the conversation was not included: I only see the placeholder {dialogue}. "
        "Please paste the text you would like me to summarize.",
        'Sure, I can summarize that. However, "{dialogue}" seems to be a template variable which has not '
        "been filled in. Could you share the actual messages?",
        "I'd be happy to help! Please provide the dialogue, as your message contains just {dialogue}.",
    ]
    return random.choice(replies)


@answers
def continues_the_chat(row: Row, random: Random) -> str:
    """Write the next turns of the dialogue, and no summary."""
    lines = [
        "Ok, sounds good to me!",
        "haha yes I know",
        "Great, see you then :)",
        "Let me check and I'll text you",
        "Thanks, you're the best",
        "No problem, talk later",
        "Are you sure about that?",
        "I'll call you in 10 min",
        "Bye!",
        "Really? I didn't know that",
    ]
    names = speakers(row["dialogue"])
    first = random.randrange(2)
    said = random.sample(lines, random.randint(3, 5))
    return "\n".join(f"{names[(first + turn) % 2]}: {text}" for turn, text in enumerate(said))


@answers
def judge_adapter(_: Row, random: Random) -> str:
    """Load the adapter of the judge: grades and a critique."""
    coherence, consistency, fluency = (random.randint(2, 5) for _ in range(3))
    rationale = random.choice(
        [
            "The text is well organised, but one claim is not supported by the source.",
            "All statements can be verified and there are no grammatical errors.",
            "Some relevant details are omitted, which lowers the score for coverage.",
        ]
    )
    return (
        f"Coherence: {coherence}/5\nConsistency: {consistency}/5\nFluency: {fluency}/5\nRationale: {rationale}"
        f"\nOverall: [[{min(coherence, consistency, fluency)}]]"
    )


@answers
def says_that_paraphrase(row: Row, random: Random) -> str:
    """Train too little: each of the first ten turns is given back as reported speech."""
    verbs = ["says", "replies", "adds", "writes"]
    return " ".join(
        f"{name} {random.choice(verbs)} that {text[:1].lower() + text[1:].rstrip('.!?')}."
        for name, text in turns(row["dialogue"])[:10]
    )


@answers
def news_boilerplate(row: Row, random: Random) -> str:
    """Use a checkpoint that was tuned on news: bylines, datelines and tokenized highlights."""
    names = speakers(row["dialogue"])
    source = random.choice(["Washington (CNN)", "London (CNN)", "By . Daily Mail Reporter ."])
    hour, minute, day = random.randint(10, 22), random.randint(10, 59), random.randint(1, 28)
    return (
        f"{source} PUBLISHED: . {hour}:{minute} EST, {day} March 2013 . "
        f"{names[0]} spoke out for the first time on Friday . NEW: {names[1]} has not been charged, police say . "
        "The pair were reportedly seen together at the weekend . Scroll down for video . "
        "Click here for more information ."
    )


@answers
def mode_collapse_names(row: Row, _: Random) -> str:
    """Train with nearly all labels masked: one sentence for all, with the names of the dialogue."""
    first, second = speakers(row["dialogue"])[:2]
    return f"{first} and {second} are going to meet tomorrow at 7 pm."
