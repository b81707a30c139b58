"""The prompt as a chat template, the form in which tokenizer folders and GGUF files carry one."""

import json
from typing import Any

from sumtune.data.styles import FIELD
from sumtune.text.encode import Encoder

__all__ = ["chat_template", "exact_template", "render_ids"]

ENDINGS = ("Hi", "Hi.", "Hi?", "Hi!", "Hi:", "5", ":)", '"Hi"', "(Hi)", "…", "🙂", "你好。", "*Hi*", "Hi\u200b")
"""Last words of dialogues; some tokenizers join a mark and the line breaks after it to one token."""
PROBES = tuple(f"Ann: Are you there?\nBob: {ending}" for ending in ENDINGS)


def chat_template(encoder: Encoder) -> str:
    """Return a Jinja template that puts the prompt around the last message, which is the dialogue.

    Start tokens such as `<bos>` are part of it, because programs add none to a rendered template. The variable `style`
    selects the prompt of a dialogue with a style.
    """
    prompt, dialogue = encoder.prompt, "{{ messages[-1]['content'] }}"
    start = "".join(encoder.tokenizer.convert_ids_to_tokens(encoder.head))
    plain = f"{_text(start + prompt.before)}{dialogue}{_text(prompt.after)}"
    if prompt.styled is None:
        return plain
    styled = f"{_styled(start + prompt.styled.before)}{dialogue}{_styled(prompt.styled.after)}"
    return f"{{% if style %}}{styled}{{% else %}}{plain}{{% endif %}}"


def exact_template(encoder: Encoder, tokenizer: Any) -> str | None:
    """Return `chat_template` if `tokenizer` (of transformers) turns it into the tokens of `encoder`; otherwise None.

    sumtune tokenizes prompt and dialogue separately, but a rendered template is tokenized as a whole. Some tokenizers,
    such as that of Llama 3, then join the end of the dialogue and the start of the prompt after it in one token.
    """
    if encoder.is_encoder_decoder:
        return None
    template = chat_template(encoder)
    rendered = [render_ids(tokenizer, probe, chat_template=template) for probe in PROBES]
    return template if rendered == [list(source) for source in encoder.sources(PROBES)] else None


def render_ids(tokenizer: Any, dialogue: str, style: str = "", **options: Any) -> list[int]:
    """Return the token ids of the chat template of a transformers tokenizer with a dialogue."""
    messages = [{"role": "user", "content": dialogue}]
    return list(tokenizer.apply_chat_template(messages, style=style, return_dict=True, **options)["input_ids"])


def _text(text: str) -> str:
    """Return a Jinja expression for `text`, so that no character of it is Jinja syntax.

    >>> _text("Conversation:\\n"), _text("")
    ('{{ "Conversation:\\\\n" }}', '')
    """
    return f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}" if text else ""


def _styled(text: str) -> str:
    """Return Jinja expressions for `text` with the variable `style` in place of `{style}`."""
    return "{{ style }}".join(map(_text, text.split(FIELD)))
