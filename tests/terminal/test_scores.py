import io

import polyglot
import pytest
from rich.cells import cell_len
from rich.console import Console, Group

from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.scorecard import score_systems
from sumtune.summarizer import Completion
from sumtune.terminal import scores as show


def make_scorecard(systems=("tuned", "base", "longest-3"), turns=3):
    dialogue = "\n".join(f"Ann: [red]turn[/red] {turn}" for turn in range(turns)) + "\x1b[2J"
    examples = [ReferencedDialogue(f"e{place}", dialogue, (f"Ann takes turn {place}.",)) for place in range(5)]
    texts = [Completion(f"Ann takes {'turn ' * place}", 3, False) for place in range(5)]
    return score_systems(
        examples,
        dict.fromkeys(systems, texts),
        split="validation",
        decoding={"tuned": {"beams": 4}, "base": {"beams": 1}},
        seed=0,
    )


def rendered(renderable, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return console.file.getvalue()


def test_the_table_fits_80_columns_and_shows_every_mean():
    card = make_scorecard()
    text = rendered(show.table(card))
    assert "…" not in text
    for name, scores in card.systems.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        for metric in METRICS:
            assert f"{scores.metrics[metric].mean:.4f} ±" in line
    (heading,) = [line for line in text.splitlines() if line.startswith("system ")]
    assert heading.split() == ["system", "rouge1", "rouge2", "rougeL", "rougeLsum", "chrF"]


def test_the_caption_says_what_the_numbers_mean():
    text = " ".join(rendered(show.table(make_scorecard())).split())
    for part in (
        "validation split",
        "5 examples",
        "tuned beam 4",
        "base greedy",
        "± half the 95% interval",
        "a-z",
        "stemmer",
    ):
        assert part in text


@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_as_many_examples_are_shown_as_asked_for_and_there_are(count):
    assert len(show.examples(make_scorecard(), count)) == min(count, 5)


def test_an_example_shows_its_texts_as_they_are():
    text = rendered(Group(*show.examples(make_scorecard(), 5)))
    for part in ("[red]turn[/red] 2", "reference", "Ann takes turn 2.", "base (rouge1", "tuned (rouge1"):
        assert part in text
    assert "\x1b" not in text


def test_a_base_that_was_not_run_is_left_out():
    assert "base" not in rendered(Group(*show.examples(make_scorecard(systems=("tuned",)), 1)))


def test_a_long_dialogue_is_shortened():
    text = rendered(Group(*show.examples(make_scorecard(turns=30), 1)))
    assert "turn[/red] 11" in text
    assert "turn[/red] 12" not in text
    assert "18 more lines" in text


def test_the_measures_of_every_system_fit_80_columns_and_have_a_heading_each():
    card = make_scorecard()
    text = rendered(show.faithfulness(card))
    assert "…" not in text
    assert set(show.MEASURE_HEADINGS) == set(card.systems["tuned"].measures)
    (line,) = [line for line in text.splitlines() if line.startswith("tuned ")]
    for scores in card.systems["tuned"].measures.values():
        assert f" {scores.mean:.2f} " in f"{line} "


def test_what_people_reach_against_each_other_stands_below_the_systems():
    examples = [ReferencedDialogue(f"e{n}", "Ann: Hi.", ("Ann greets.", "Ann says hi.")) for n in range(3)]
    card = score_systems(examples, {"tuned": [Completion("Ann greets.", 3, False)] * 3}, split="test",
                         decoding={}, seed=0)  # fmt: skip
    text = rendered(show.table(card))
    assert any(line.startswith("references ") for line in text.splitlines())
    assert "3 examples" in " ".join(text.split())


@pytest.mark.parametrize("language", sorted(polyglot.LANGUAGES))
@pytest.mark.parametrize("width", [40, 80])
def test_every_script_is_aligned_by_its_width_and_whole(language, width):
    exchanges = polyglot.LANGUAGES[language]
    dialogue = "\n".join(one.turn for one in exchanges)
    example = ReferencedDialogue("e1", dialogue, (exchanges[0].summary,))
    card = score_systems([example], {"tuned": [exchanges[1].summary]}, split="test", decoding={}, seed=0)
    lines = rendered(Group(*show.examples(card, 1)), width).splitlines()
    assert {cell_len(line) for line in lines} == {width}
    inside = "".join("".join(line.strip("│╭╮╰╯─ ").split()) for line in lines)
    for text in (*dialogue.splitlines(), exchanges[0].summary, exchanges[1].summary):
        assert "".join(text.split()) in inside


@pytest.mark.parametrize(("language", "tokens"), [("ar", "words by Unicode rules"), ("zh", "single characters in Han")])
def test_the_caption_says_what_is_counted_in_another_language(language, tokens):
    examples = [ReferencedDialogue(one.speaker, one.turn, (one.summary,)) for one in polyglot.LANGUAGES[language]]
    card = score_systems(
        examples, {"tuned": [example.references[0] for example in examples]}, split="test", decoding={}, seed=0
    )
    text = " ".join(rendered(show.table(card)).split())
    assert tokens in text
    assert "no stemmer" in text
    assert "tuned 1.0000 ±.000" in text
