"""The prompt for a base model: the default of its family, its chat template, or the user's own text."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sumtune.config import ModelConfig, PromptConfig
from sumtune.errors import ModelError
from sumtune.model.load import is_encoder_decoder, load_config, load_tokenizer
from sumtune.model.source_limit import most_source_tokens, most_target_tokens
from sumtune.text.prompt import Prompt, default_prompt

__all__ = ["chat_prompt", "has_chat_template", "prompt_for"]

DIALOGUE, SUMMARY = "\ue000dialogue\ue001", "\ue000summary\ue001"
"""Placeholders for the texts while a template is rendered. No template contains private-use characters."""
TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


def prompt_for(settings: ModelConfig, folder: Path) -> Prompt:
    """Return the prompt for the base model in `folder` that `settings.prompt` selects.

    Raises:
        ModelError: `chat` is selected, but the model is an encoder–decoder or has no usable chat template.
    """
    return replace(_prompt_for(settings, folder), long=settings.long)


def _prompt_for(settings: ModelConfig, folder: Path) -> Prompt:
    config, chosen = load_config(folder), settings.prompt
    limits = (most_source_tokens(settings, folder), most_target_tokens(settings, config))
    if isinstance(chosen, PromptConfig):
        return Prompt(chosen.before, chosen.after, chosen.before_summary, *limits)
    both = is_encoder_decoder(config)
    if chosen == "chat" and (both or not has_chat_template(folder)):
        raise ModelError(f"The tokenizer in {folder} has no chat template: set model.prompt to plain.")
    if chosen == "plain" or both or not has_chat_template(folder):
        return default_prompt(both, config.model_type, *limits)
    return chat_prompt(folder, settings.instruction, *limits)


def has_chat_template(folder: Path) -> bool:
    """Return whether the tokenizer in `folder` has a chat template, without loading it."""
    if any((folder / name).exists() for name in TEMPLATE_FILES):
        return True
    try:
        return '"chat_template"' in (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def chat_prompt(folder: Path, instruction: str, max_source_tokens: int, max_target_tokens: int) -> Prompt:
    """Return a prompt from the chat template of the model in `folder`.

    The user's message is the instruction and the dialogue; the assistant's message is the summary, which ends with the
    template's end token (`<end_of_turn>`, `<|im_end|>`). Thinking is turned off if the template allows it.

    Raises:
        ModelError: the tokenizer has no chat template, or the template fails, or it omits or changes a message.
    """
    tokenizer = load_tokenizer(folder)
    question = {"role": "user", "content": f"{instruction}\n\n{DIALOGUE}"}
    before, found, after = _render(tokenizer, folder, [question], add_generation_prompt=True).partition(DIALOGUE)
    answered = _render(tokenizer, folder, [question, {"role": "assistant", "content": SUMMARY}])
    _, answer_found, tail = answered.rpartition(SUMMARY)
    if not (found and answer_found):
        raise ModelError(f"The chat template in {folder} changes the text of a message: set model.prompt to plain.")
    before, end = _without_bos(tokenizer, before), _end_token(tokenizer, tail)
    return Prompt(before, after, "", max_source_tokens, max_target_tokens, end=end)


def _render(tokenizer: Any, folder: Path, messages: list[dict[str, str]], add_generation_prompt: bool = False) -> str:
    try:
        return str(
            tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=add_generation_prompt, enable_thinking=False
            )
        )
    except Exception as error:  # templates can raise any exception
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"The chat template in {folder} fails ({reason}): set model.prompt to plain.") from None


def _without_bos(tokenizer: Any, text: str) -> str:
    """Remove the beginning-of-sequence token from `text` if the tokenizer adds it itself."""
    added = tokenizer("").input_ids[:1] == [tokenizer.bos_token_id]
    return text.removeprefix(tokenizer.bos_token) if added and tokenizer.bos_token else text


def _end_token(tokenizer: Any, tail: str) -> str:
    """Return the special token that starts `tail`, the text after an answer; "" if that is the EOS token or none."""
    specials = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    first = next(iter(tokenizer(tail.strip(), add_special_tokens=False).input_ids), None)
    if first is None or first not in specials or first == tokenizer.eos_token_id:
        return ""
    (token,) = tokenizer.convert_ids_to_tokens([first])
    return str(token)
