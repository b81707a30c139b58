"""Kinds of damage that were invented without sight of the rules, of the codes or of earlier lists."""

from . import dialogues, models, processing, references, rows, serving
from .common import Kind

__all__ = ["KINDS", "WHOLE"]

_ALL: tuple[Kind, ...] = (
    references.reference_topic_column,
    references.reference_label_padding_decoded,
    references.reference_weak_label_lead,
    references.reference_metric_normalised,
    references.reference_array_repr,
    references.reference_cell_shifted_down,
    dialogues.dialogue_turns_unordered,
    dialogues.dialogue_speakers_anonymised,
    dialogues.dialogue_contains_reference,
    dialogues.dialogue_first_page_only,
    rows.length_sorted_not_restored,
    rows.rank_major_gather,
    rows.n_best_not_regrouped,
    rows.semantic_cache_hit,
    rows.interleaved_streams,
    rows.history_bleed,
    rows.comma_split_columns,
    rows.dialogue_glued_to_next,
    serving.stop_list_of_speakers,
    serving.runs_on_into_next_example,
    serving.temperature_too_high,
    serving.nan_logits_exclamation,
    serving.stream_chunks_dropped,
    serving.cumulative_stream_concatenated,
    serving.gateway_error_saved,
    serving.reasoning_cut_off,
    serving.json_mode_unterminated,
    serving.speculative_duplicate_spans,
    serving.grammar_too_narrow,
    serving.continues_the_chat,
    processing.unknown_names,
    processing.prompt_slice_wrong,
    processing.pivot_translation,
    processing.spellchecked_names,
    processing.pii_masked,
    processing.html_twice_escaped,
    processing.pandas_display_cut,
    processing.mojibake,
    models.role_header_left,
    models.few_shot_demo_parroted,
    models.headline_checkpoint,
    models.labels_shifted_twice,
    models.speakers_swapped,
    models.teacher_forced_argmax,
)
KINDS: dict[str, Kind] = {kind.__name__: kind for kind in _ALL}
WHOLE: frozenset[str] = frozenset(
    {"reference_cell_shifted_down", "length_sorted_not_restored", "rank_major_gather", "n_best_not_regrouped"}
)
