"""The prompt as a chat template gives the tokens of the encoder, or there is none."""

import pytest
import tiny

from sumtune.export.chat_template import chat_template, exact_template, render_ids
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt, StyledTexts, default_prompt

DIALOGUES = [tiny.conversation(number)["dialogue"] for number in range(5)] + [
    "Ana: {{ 1 }} {% if %} \"'\\",
    "Ben: né 🙂 ?",
]


@pytest.fixture(scope="module")
def tokenizer():
    return tiny.tokenizer()


@pytest.mark.parametrize("after", ["\n\nSummary:", "", '\n"Sum": {{ x }} \\n {% raw %}é'])
def test_a_template_gives_the_tokens_of_the_encoder(tokenizer, after):
    encoder = Encoder(tokenizer, Prompt("Conversation:\n", after, " ", 256, 32), False)
    template = exact_template(encoder, tokenizer)
    assert template is not None
    for dialogue in DIALOGUES:
        assert render_ids(tokenizer, dialogue, chat_template=template) == list(encoder.source(dialogue))


def test_a_style_selects_its_prompt(tokenizer):
    styled = StyledTexts("Conversation:\n", "\n\nSummary ({style}):", ("brief",))
    encoder = Encoder(tokenizer, Prompt("Conversation:\n", "\n\nSummary:", " ", 256, 32, styled=styled), False)
    template = chat_template(encoder)
    for style in ("", "brief", "in one sentence"):
        ids = render_ids(tokenizer, DIALOGUES[0], style, chat_template=template)
        assert ids == list(encoder.source(DIALOGUES[0], style))


def test_there_is_no_template_if_a_tokenizer_joins_the_dialogue_with_the_prompt(tokenizer):
    joining = tiny.tokenizer()
    joining.add_tokens([".\n\n"])
    encoder = Encoder(joining, default_prompt(False, "llama", 256, 32), False)
    assert render_ids(joining, "Ana: Hi.", chat_template=chat_template(encoder)) != list(encoder.source("Ana: Hi."))
    assert exact_template(encoder, joining) is None
    assert exact_template(Encoder(tokenizer, default_prompt(True, "t5", 256, 32), True), tokenizer) is None
