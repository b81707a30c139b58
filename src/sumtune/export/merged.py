"""The format `merged`: base model and adapter as one model in safetensors, with its tokenizer and prompt."""

from collections.abc import Sequence
from pathlib import Path

import torch

from sumtune.decode.batches import longest_first
from sumtune.export.source import ExportSource
from sumtune.export.tokenizer_files import PromptTokenizer, write_generation, write_prompt_tokens, write_tokenizer
from sumtune.model.load import load_base, load_tokenizer
from sumtune.model.merge import load_merged, save_model
from sumtune.summarizer import OnProgress

__all__ = ["MergedFormat"]

BATCH_TOKENS, BATCH_EXAMPLES = 4096, 8
CHAT = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer, model = AutoTokenizer.from_pretrained("."), AutoModelForCausalLM.from_pretrained(".")
messages = [{"role": "user", "content": dialogue}]
inputs = tokenizer.apply_chat_template(messages, return_dict=True, return_tensors="pt")
written = model.generate(**inputs)[0, inputs["input_ids"].shape[1] :]
summary = tokenizer.decode(written, skip_special_tokens=True).strip()
```

With vLLM, the chat template and the end marks apply to `/v1/chat/completions`. Ask for greedy search, because vLLM
samples by default: `vllm serve . --override-generation-config '{"temperature": 0}'`."""
TOKENS = """```python
import json
from pathlib import Path

import torch
from transformers import AutoModelFor{kind}, AutoTokenizer

tokenizer, model = AutoTokenizer.from_pretrained("."), AutoModelFor{kind}.from_pretrained(".")
prompt = json.loads(Path("prompt_tokens.json").read_text(encoding="utf-8"))[""]
ids = prompt["before"] + tokenizer(dialogue, add_special_tokens=False).input_ids + prompt["after"]
written = model.generate(input_ids=torch.tensor([ids])){rest}
summary = tokenizer.decode(written, skip_special_tokens=True).strip()
```"""


class MergedFormat:
    """A model folder of transformers."""

    name = "merged"
    purpose = "transformers, vLLM, TGI"
    runtime = "transformers"
    searches_beams = True

    def forbids_repeats(self, source: ExportSource) -> bool:
        """Return False for decoder-only models: transformers would also forbid sequences of the dialogue."""
        return source.is_encoder_decoder

    def missing_runtime(self) -> str | None:
        """Return None: sumtune itself needs transformers."""
        return None

    def require_exportable(self, source: ExportSource) -> None:
        """Accept every model that sumtune tunes."""

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt."""
        return source.prompt.max_source_tokens

    def write(self, source: ExportSource, folder: Path) -> None:
        """Write the merged weights in the number format of the base model."""
        save_model(load_merged(source.base.folder, source.adapter, source.dtype), source.base.folder, folder)
        write_tokenizer(source, folder, template=True)
        write_prompt_tokens(source, folder)
        write_generation(source, folder)

    def open(self, folder: Path) -> "MergedArtefact":
        """Load the model to compute in float32."""
        return MergedArtefact(folder)

    def usage(self, source: ExportSource, folder: Path) -> str:
        """Return code for transformers, and the options of vLLM."""
        if source.is_encoder_decoder:
            return TOKENS.format(kind="Seq2SeqLM", rest="[0]")
        has_template = load_tokenizer(folder).chat_template is not None
        return CHAT if has_template else TOKENS.format(kind="CausalLM", rest="[0, len(ids) :]")


class MergedArtefact:
    """A merged model that transformers runs, with the generation settings of its folder."""

    def __init__(self, folder: Path) -> None:
        self._prompts = PromptTokenizer(folder)
        self._model = load_base(folder, torch.float32)

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`."""
        return self._prompts.ids(dialogue, style)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`. Decoder-only models read batches that are padded on the left."""
        sources = [self.prompt_ids(*pair) for pair in zip(dialogues, styles, strict=True)]
        summaries: dict[int, str] = {}
        for batch in longest_first(sources, BATCH_TOKENS, BATCH_EXAMPLES):
            summaries |= dict(zip(batch, self._write([sources[at] for at in batch]), strict=True))
            if progress is not None:
                progress(len(batch))
        return [summaries[at] for at in range(len(dialogues))]

    @torch.no_grad()
    def _write(self, sources: list[list[int]]) -> list[str]:
        is_pair, width = self._model.config.is_encoder_decoder, max(map(len, sources))
        pad = self._model.generation_config.pad_token_id
        ids, mask = torch.full((len(sources), width), pad), torch.zeros(len(sources), width, dtype=torch.long)
        for row, source in enumerate(sources):
            place = slice(0, len(source)) if is_pair else slice(width - len(source), width)
            ids[row, place], mask[row, place] = torch.tensor(source), 1
        written = self._model.generate(input_ids=ids, attention_mask=mask)[:, 0 if is_pair else width :]
        return [self._prompts.text(row) for row in written.tolist()]
