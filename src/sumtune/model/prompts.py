"""The prompt for a base model: the default of its family, its chat template, or the user's own text."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sumtune.config import ModelConfig, PromptConfig
from sumtune.data.styles import FIELD, without_field
from sumtune.errors import ModelError
from sumtune.model.load import is_encoder_decoder, load_config, load_tokenizer
from sumtune.model.source_limit import most_source_tokens, most_target_tokens
from sumtune.text.prompt import Prompt, StyledTexts, default_prompt, default_styled_texts

__all__ = ["chat_prompt", "has_chat_template", "prompt_for"]

DIALOGUE, SUMMARY = "\ue000dialogue\ue001", "\ue000summary\ue001"
"""Placeholders for the texts while a template is rendered. No template contains private-use characters."""
TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


def prompt_for(settings: ModelConfig, folder: Path, *, styled: bool = False) -> Prompt:
    """Return the prompt for the base model in `folder` that `settings.prompt` selects; with `styled`, also for styles.

    Raises:
        ModelError: `chat` is selected, but the model is an encoder–decoder or has no usable chat template.
    """
    prompt = replace(_prompt_for(settings, folder), long=settings.long)
    return prompt if styled else replace(prompt, styled=None)


def _prompt_for(settings: ModelConfig, folder: Path) -> Prompt:
    config, chosen = load_config(folder), settings.prompt
    limits = (most_source_tokens(settings, folder), most_target_tokens(settings, config))
    if isinstance(chosen, PromptConfig):
        plain = without_field(chosen.before), without_field(chosen.after)
        return Prompt(*plain, chosen.before_summary, *limits, styled=StyledTexts(chosen.before, chosen.after))
    both = is_encoder_decoder(config)
    if chosen == "chat" and (both or not has_chat_template(folder)):
        raise ModelError(f"The tokenizer in {folder} has no chat template: set model.prompt to plain.")
    if chosen == "plain" or both or not has_chat_template(folder):
        styled = default_styled_texts(both, config.model_type)
        return replace(default_prompt(both, config.model_type, *limits), styled=styled)
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
    template's end token (`<end_of_turn>`, `<|im_end|>`). Thinking is turned off if the template allows it. A style
    replaces `{style}` in the instruction, or follows the instruction.

    Raises:
        ModelError: the tokenizer has no chat template, or the template fails, or it omits or changes a message.
    """
    tokenizer = load_tokenizer(folder)
    before, after = _around(tokenizer, folder, without_field(instruction))
    styled = _around(tokenizer, folder, instruction if FIELD in instruction else f"{instruction} Style: {FIELD}.")
    end = _end_token(tokenizer, _tail(tokenizer, folder, without_field(instruction)))
    return Prompt(before, after, "", max_source_tokens, max_target_tokens, end=end, styled=StyledTexts(*styled))


def _around(tokenizer: Any, folder: Path, instruction: str) -> tuple[str, str]:
    """Return the text before and after the dialogue."""
    messages = [_question(instruction)]
    before, found, after = _render(tokenizer, folder, messages, add_generation_prompt=True).partition(DIALOGUE)
    if not found:
        raise _changed(folder)
    return _without_bos(tokenizer, before), after


def _tail(tokenizer: Any, folder: Path, instruction: str) -> str:
    """Return the text after the summary."""
    messages = [_question(instruction), {"role": "assistant", "content": SUMMARY}]
    _, found, tail = _render(tokenizer, folder, messages).rpartition(SUMMARY)
    if not found:
        raise _changed(folder)
    return tail


def _question(instruction: str) -> dict[str, str]:
    return {"role": "user", "content": f"{instruction}\n\n{DIALOGUE}"}


def _changed(folder: Path) -> ModelError:
    return ModelError(f"The chat template in {folder} changes the text of a message: set model.prompt to plain.")


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
