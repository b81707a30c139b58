"""Streaming with CTranslate2: a callback sees each token of greedy decoding and can stop it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sumtune.decode.ctranslate2.options import counts_prompts, search_options
from sumtune.decode.search_settings import SearchSettings
from sumtune.summarizer import Completion, OnPiece
from sumtune.text.detokenizer import IncrementalDetokenizer
from sumtune.text.encode import Encoder

__all__ = ["stream"]


def stream(
    model: Any, encoder: Encoder, prompts: Sequence[Sequence[int]], watch: OnPiece, limit: int, search: SearchSettings
) -> list[Completion]:
    """Return one completion for each prompt (token ids), decoded greedily, as one batch if possible.

    `model` is a `ctranslate2` Generator or Translator. A summary has at most `limit` tokens. CTranslate2 calls `watch`
    from its own thread; an exception in `watch` ends the whole batch and is raised here.
    """
    if not prompts:
        return []
    order = sorted(range(len(prompts)), key=lambda at: -len(prompts[at]))  # CTranslate2 numbers a batch in this order
    batches = [[at] for at in order] if counts_prompts(encoder, search) else [order]
    completions: dict[int, Completion] = {}
    for batch in batches:
        completions |= _stream_batch(model, encoder, {at: prompts[at] for at in batch}, watch, limit, search)
    return [completions[at] for at in range(len(prompts))]


def _stream_batch(
    model: Any, encoder: Encoder, prompts: Mapping[int, Sequence[int]], watch: OnPiece, limit: int,
    search: SearchSettings,
) -> dict[int, Completion]:  # fmt: skip
    """Return the completion of each prompt by its number; `prompts` are in order of length, the longest first."""
    order, to_tokens = list(prompts), encoder.tokenizer.convert_ids_to_tokens
    detokenizers = {at: IncrementalDetokenizer(encoder.decode) for at in order}
    stopped: set[int] = set()

    def on_token(step: Any) -> bool:
        at = order[step.batch_id]
        if step.token_id not in encoder.end_ids and watch(at, detokenizers[at].push(step.token_id)):
            stopped.add(at)
        return at in stopped

    options = search_options(search.with_beams(1)) | {"end_token": encoder.end_ids, "callback": on_token}
    written = _decode(model, encoder, [to_tokens(list(prompts[at])) for at in order], limit, options)
    completions = {
        at: Completion(encoder.decode(ids), len(ids), cut_off=len(ids) >= limit and at not in stopped)
        for at, ids in zip(order, written, strict=True)
    }
    for at, completion in completions.items():
        if at not in stopped:
            watch(at, detokenizers[at].end(completion.text))
    return completions


def _decode(
    model: Any, encoder: Encoder, sources: list[list[str]], limit: int, options: dict[str, Any]
) -> list[list[int]]:
    if encoder.is_encoder_decoder:
        results = model.translate_batch(sources, max_decoding_length=limit, min_decoding_length=0, **options)
        return [encoder.tokenizer.convert_tokens_to_ids(result.hypotheses[0]) for result in results]
    results = model.generate_batch(
        sources, max_length=limit, min_length=1, sampling_topk=1, include_prompt_in_result=False, **options
    )
    return [result.sequences_ids[0] for result in results]
