"""Modelfiles: what Ollama reads is what was meant, and its template makes the prompt of the training."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sumtune.errors import ModelError
from sumtune.export.ollama.go_template import prompt_template, render
from sumtune.export.ollama.modelfile import Modelfile, modelfile_of, parse, text_of
from sumtune.text.prompt import Prompt, StyledTexts

PROMPT = Prompt("Conversation:\n", "\n\nSummary:", " ", 1024, 63, single_line=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(TEXTS, TEXTS, TEXTS)
@example('{{ .Prompt }}"""', '"', "{{ end }}")
@example("a\u200bb\r\n", "\U0001f600\x00", "{{ .System }}")
def test_the_template_makes_the_prompt(before, after, dialogue):
    assert render(prompt_template(Prompt(before, after, "", 64, 64)), dialogue) == before + dialogue + after


@given(TEXTS, st.sampled_from(["", "brief"]))
def test_the_system_message_is_the_style(dialogue, style):
    styled = StyledTexts("Conversation:\n", '\n\n"Summary" ({style}):')
    prompt = Prompt("Conversation:\n", "\n\nSummary:", "", 64, 64, styled=styled)
    before, after = prompt.around(style)
    assert render(prompt_template(prompt), dialogue, style) == before + dialogue + after


def test_an_unknown_action_is_refused():
    with pytest.raises(ModelError, match="Messages"):
        render("{{ range .Messages }}", "Hi")


@given(TEXTS, TEXTS, st.sampled_from(["", "<end_of_turn>", "<|im_end|>"]))
def test_a_modelfile_is_read_as_it_was_meant(tmp_path_factory, before, after, end):
    prompt = Prompt(before, after, "", 1024, 63, single_line=True, end=end)
    modelfile = modelfile_of(prompt, "model.gguf", 1280, 'The "Terms"\n\nof use')
    file = tmp_path_factory.mktemp("ollama") / "Modelfile"
    file.write_text(text_of(modelfile), encoding="utf-8", newline="")
    assert parse(file) == modelfile


@given(TEXTS, TEXTS)
def test_ollama_drops_nothing_from_the_template(before, after):
    template = prompt_template(Prompt(before, after, "", 64, 64))
    assert all(character.isprintable() or character == "\n" for character in template)
    assert '"""' not in template
    assert not template.startswith('"')
    assert not template.endswith('"')


def test_search_limits_and_end_marks_are_parameters():
    text = text_of(modelfile_of(PROMPT, "model.gguf", 1280, None))
    assert re.findall("^PARAMETER (.*)$", text, re.MULTILINE)[:4] == [
        "temperature 0", "repeat_penalty 1", "num_ctx 1280", "num_predict 63",
    ]  # fmt: skip
    assert 'PARAMETER stop """\n"""\n' in text
    assert text.startswith('FROM ./model.gguf\nTEMPLATE """Conversation:\n{{ .Prompt }}\n\nSummary:"""\n')


def test_a_modelfile_without_a_template_is_refused(tmp_path):
    (tmp_path / "Modelfile").write_text("FROM ./model.gguf\n")
    with pytest.raises(ModelError, match="no TEMPLATE"):
        parse(tmp_path / "Modelfile")
    assert Modelfile("./model.gguf", "").stop == ()
