"""The prompt of a base model: its ids always spell the text of the template or of the user."""

from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from sumtune.config import ModelConfig, PromptConfig
from sumtune.errors import ModelError
from sumtune.model.encode_stage import fit_token_limits, make_encoder
from sumtune.text.prompt import Prompt, default_prompt

DIALOGUE, SUMMARY = "Ann: Lunch?\nBen: At noon.", "Ann and Ben have lunch at noon."


@pytest.fixture(scope="module")
def chat_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("chats")
    return {style: tiny.save_model("llama", root / style, tiny.chat_tokenizer(style)) for style in tiny.CHAT_TEMPLATES}


@pytest.mark.parametrize("style", tiny.CHAT_TEMPLATES)
def test_a_chat_is_what_the_template_renders(chat_models: dict[str, Path], style: str) -> None:
    encoder, tokenizer = make_encoder(ModelConfig(name=str(chat_models[style]))), tiny.chat_tokenizer(style)
    messages = [{"role": "user", "content": f"Summarize the conversation.\n\n{DIALOGUE}"}]
    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    answer = {"role": "assistant", "content": SUMMARY}
    answered = tokenizer.apply_chat_template([*messages, answer], tokenize=False)
    source, target = encoder.source(DIALOGUE), encoder.target(SUMMARY)
    beginning = "" if asked.startswith("<s>") else "<s>"
    assert tokenizer.decode(source) == beginning + asked
    assert source.count(tokenizer.bos_token_id) == 1
    assert answered.rstrip("\n").endswith(tokenizer.decode(target))
    assert tokenizer.decode(target).strip().startswith(SUMMARY)


@pytest.mark.parametrize(("style", "mark"), [("chatml", "<|im_end|>"), ("gemma", "<end_of_turn>"), ("mistral", "</s>")])
def test_an_answer_ends_as_in_the_template_and_at_the_end_mark(
    chat_models: dict[str, Path], style: str, mark: str
) -> None:
    encoder, tokenizer = make_encoder(ModelConfig(name=str(chat_models[style]))), tiny.chat_tokenizer(style)
    (end,) = tokenizer.convert_tokens_to_ids([mark])
    assert encoder.target(SUMMARY)[-1] == end
    assert set(encoder.end_ids) == {end, tokenizer.eos_token_id}


def test_the_instruction_can_be_changed_and_the_template_left_out(chat_models: dict[str, Path]) -> None:
    name = str(chat_models["gemma"])
    asked = make_encoder(ModelConfig(name=name, instruction="What was decided?")).prompt
    assert asked.before == "<start_of_turn>user\nWhat was decided?\n\n"
    plain = make_encoder(ModelConfig(name=name, prompt="plain", max_source_tokens=1024, max_target_tokens=128)).prompt
    assert plain == replace(default_prompt(False, "llama", 1024, 128), long="parts")


def test_a_custom_prompt_is_used_unchanged(tiny_models: dict[str, Path]) -> None:
    words = PromptConfig(before="CHAT ", after=" END", before_summary="> ")
    for name in ("gemma", "t5"):
        encoder = make_encoder(
            ModelConfig(name=str(tiny_models[name]), prompt=words, max_source_tokens=1024, max_target_tokens=128)
        )
        assert encoder.prompt == Prompt("CHAT ", " END", "> ", 1024, 128, long="parts")
        assert encoder.decode(encoder.source("Hi")) == "CHAT Hi END"
        assert encoder.decode(encoder.target("Yes")) == "> Yes"


def test_a_long_prompt_leaves_fewer_tokens_for_the_dialogue(tiny_models: dict[str, Path]) -> None:
    words = PromptConfig(before="word " * 60)
    settings = ModelConfig(name=str(tiny_models["gpt2"]), prompt=words, max_source_tokens=370, max_target_tokens=12)
    fitted, encoder = fit_token_limits(settings), make_encoder(settings)
    assert fitted.max_source_tokens == encoder.prompt.max_source_tokens < 370
    assert encoder.overhead + fitted.max_source_tokens + 12 == 512


@pytest.mark.parametrize("name", ["gemma", "t5"])
def test_auto_is_plain_without_a_template_and_chat_is_refused(tiny_models: dict[str, Path], name: str) -> None:
    settings = ModelConfig(name=str(tiny_models[name]))
    assert make_encoder(settings).prompt == make_encoder(settings.model_copy(update={"prompt": "plain"})).prompt
    with pytest.raises(ModelError, match=r"no chat template: set model\.prompt to plain"):
        make_encoder(settings.model_copy(update={"prompt": "chat"}))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('no users here') }}", r"fails \(no users here\)"),
        ("{{ messages[0].content[:5] }}", "changes"),
    ],
)
def test_a_template_that_fails_is_an_error(tmp_path: Path, template: str, said: str) -> None:
    tokenizer = tiny.chat_tokenizer("gemma")
    tokenizer.chat_template = template
    folder = tiny.save_model("llama", tmp_path / "model", tokenizer)
    with pytest.raises(ModelError, match=said):
        make_encoder(ModelConfig(name=str(folder)))


def test_an_end_that_is_no_token_is_refused(chat_models: dict[str, Path]) -> None:
    encoder = make_encoder(ModelConfig(name=str(chat_models["gemma"])))
    with pytest.raises(ModelError, match="'<strange>', which is not a token"):
        type(encoder)(encoder.tokenizer, Prompt("", "", "", 16, 16, end="<strange>"), False)
