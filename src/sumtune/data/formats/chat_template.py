"""Training data with the marks of a chat template in one text: Llama, Mistral, ChatML, Gemma, Alpaca's headings."""

import re

from sumtune.data.formats.format import Format, Reading, Row

__all__ = ["CHAT_TEMPLATE"]

KEYS = ("text", "prompt", "content")
SYSTEM = re.compile(r"<<SYS>>.*?<</SYS>>", re.DOTALL)
TEMPLATES = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"\s*(?:<s>)?\s*\[INST\](?P<user>.*?)\[/INST\](?P<assistant>.*?)(?:</s>)?\s*",
        r"\s*(?:<\|im_start\|>system\n.*?<\|im_end\|>\s*)?<\|im_start\|>user\n(?P<user>.*?)<\|im_end\|>\s*"
        r"<\|im_start\|>assistant\n(?P<assistant>.*?)(?:<\|im_end\|>)?\s*",
        r"\s*(?:<bos>)?\s*<start_of_turn>user\n(?P<user>.*?)<end_of_turn>\s*"
        r"<start_of_turn>model\n(?P<assistant>.*?)(?:<end_of_turn>)?\s*(?:<eos>)?\s*",
        r"\s*(?:<\|begin_of_text\|>)?\s*(?:<\|start_header_id\|>system<\|end_header_id\|>.*?<\|eot_id\|>)?"
        r"\s*<\|start_header_id\|>user<\|end_header_id\|>(?P<user>.*?)<\|eot_id\|>"
        r"\s*<\|start_header_id\|>assistant<\|end_header_id\|>(?P<assistant>.*?)(?:<\|eot_id\|>)?\s*",
        r"\s*(?:Below is an instruction[^\n]*\n+)?### Instruction:\s*(?P<user>.*?)\s*"
        r"### Response:(?P<assistant>.*?)\s*",
    )
]


def _read(row: Row) -> Reading | None:
    text = next((row[key] for key in KEYS if isinstance(row.get(key), str)), "")
    if "[/INST]" not in text and "<|" not in text and "<start_of_turn>" not in text and "### Response:" not in text:
        return None
    for template in TEMPLATES:
        found = template.fullmatch(text)
        if found is not None:
            question = SYSTEM.sub("", found["user"]).strip()
            return Reading(question, found["assistant"].strip() or None)
    return None


CHAT_TEMPLATE = Format(
    "a text with the marks of a chat template",
    KEYS,
    lambda row: _read(row) is not None,
    lambda row: [reading] if (reading := _read(row)) else [],
    is_prompt=True,
)
