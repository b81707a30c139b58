"""Streaming with CTranslate2: a callback sees each token of greedy decoding and can stop it."""

from collections.abc import Sequence
from typing import Any

from sumtune.summarizer import Completion, OnPiece
from sumtune.text.detokenizer import IncrementalDetokenizer
from sumtune.text.encode import Encoder

__all__ = ["stream"]


def stream(
    model: Any, encoder: Encoder, prompts: Sequence[Sequence[int]], watch: OnPiece, limit: int, search: dict[str, Any]
) -> list[Completion]:
    """Return one completion for each prompt (token ids), decoded as one batch.

    `model` is a `ctranslate2` Generator or Translator, and `search` has its options for greedy search. A summary has at
    most `limit` tokens. CTranslate2 calls `watch` from its own thread; an exception in `watch` ends the whole batch and
    is raised here.
    """
    if not prompts:
        return []
    to_tokens = encoder.tokenizer.convert_ids_to_tokens
    sources = [to_tokens(list(prompt)) for prompt in prompts]
    order = sorted(range(len(sources)), key=lambda at: -len(sources[at]))  # CTranslate2 numbers a batch in this order
    detokenizers = [IncrementalDetokenizer(encoder.decode) for _ in prompts]
    stopped: set[int] = set()

    def on_token(step: Any) -> bool:
        at = order[step.batch_id]
        if step.token_id not in encoder.end_ids and watch(at, detokenizers[at].push(step.token_id)):
            stopped.add(at)
        return at in stopped

    written = _decode(model, encoder, [sources[at] for at in order], limit, search | {"callback": on_token})
    completions = {
        at: Completion(encoder.decode(ids), len(ids), cut_off=len(ids) >= limit and at not in stopped)
        for at, ids in zip(order, written, strict=True)
    }
    for at, completion in completions.items():
        if at not in stopped:
            watch(at, detokenizers[at].end(completion.text))
    return [completions[at] for at in range(len(prompts))]


def _decode(
    model: Any, encoder: Encoder, sources: list[list[str]], limit: int, options: dict[str, Any]
) -> list[list[int]]:
    options = options | {"end_token": encoder.end_ids}
    if encoder.is_encoder_decoder:
        results = model.translate_batch(sources, max_decoding_length=limit, min_decoding_length=0, **options)
        return [encoder.tokenizer.convert_tokens_to_ids(result.hypotheses[0]) for result in results]
    results = model.generate_batch(
        sources, max_length=limit, min_length=1, sampling_topk=1, include_prompt_in_result=False, **options
    )
    return [result.sequences_ids[0] for result in results]
