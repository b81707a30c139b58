"""Forty kinds of damage to rows of dialogue, reference and prediction."""

from __future__ import annotations

from . import (
    decoding,
    dialogues,
    models,
    orders,
    postprocess,
    prompts,
    references,
    serving,
    tokens,
)
from .common import Kind

__all__ = ["KINDS", "WHOLE"]

_ALL: tuple[Kind, ...] = (
    tokens.sentencepiece_pieces_joined,
    tokens.special_tokens_and_padding_kept,
    tokens.right_padded_causal_batch,
    tokens.unknown_for_names_and_numbers,
    tokens.wrong_vocabulary_decoded,
    decoding.cut_at_small_token_budget,
    decoding.loop_until_length_limit,
    decoding.repetition_banned,
    decoding.runs_on_into_new_example,
    prompts.prompt_cut_by_token_count,
    prompts.empty_template_slot,
    prompts.few_shot_answer_copied,
    prompts.next_turn_instead_of_summary,
    prompts.reasoning_kept,
    models.news_checkpoint_copies_lead,
    models.clinical_note_adapter,
    models.wrong_target_language,
    models.teacher_forced_argmax,
    postprocess.substring_pronoun_replace,
    postprocess.names_of_previous_row,
    postprocess.scorer_text_saved,
    postprocess.zip_over_one_string,
    serving.api_error_bodies,
    serving.cumulative_stream_glued,
    serving.writers_interleaved,
    serving.utf16_read_bytewise,
    serving.series_repr_saved,
    serving.csv_without_quotes,
    references.reference_is_pasted_turns,
    references.reference_has_editor_markup,
    references.reference_is_annotator_remark,
    references.reference_is_topic_label,
    references.reference_carried_over,
    references.reference_cut_by_column_width,
    dialogues.dialogue_speakers_stripped,
    dialogues.dialogue_one_side_only,
    dialogues.dialogue_threads_interleaved,
    orders.length_sort_not_undone,
    orders.many_to_many_join,
    orders.spreadsheet_fill_down,
)

KINDS: dict[str, Kind] = {kind.__name__: kind for kind in _ALL}

WHOLE: frozenset[str] = frozenset({"length_sort_not_undone", "many_to_many_join", "spreadsheet_fill_down"})
