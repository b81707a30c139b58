"""The seventh list of damage that was invented without sight of the rules, and the codes of the right findings.

The kinds were invented without sight of the rules, of the codes or of earlier lists. The codes were chosen from
docs/diagnosis.md and from two sentences for each kind by its author, before the first run; `error_messages` was added
when that finding was.
"""

from damage_fresh import RowDamage
from seventh_fresh import KINDS, WHOLE

__all__ = ["DAMAGES", "WHOLE_FILE"]

CODES: dict[str, tuple[str, ...]] = {
    "reference_topic_column": ("references_damaged",),
    "reference_label_padding_decoded": ("references_damaged",),
    "reference_weak_label_lead": ("references_damaged",),
    "reference_metric_normalised": ("references_damaged",),
    "reference_array_repr": ("references_damaged",),
    "reference_cell_shifted_down": ("misplaced_rows",),
    "dialogue_turns_unordered": ("dialogues_damaged",),
    "dialogue_speakers_anonymised": ("dialogues_damaged", "names_lost"),
    "dialogue_contains_reference": ("dialogues_damaged",),
    "dialogue_first_page_only": ("dialogues_damaged",),
    "length_sorted_not_restored": ("misplaced_rows", "text_of_other_rows"),
    "rank_major_gather": ("misplaced_rows", "text_of_other_rows"),
    "n_best_not_regrouped": ("misplaced_rows", "text_of_other_rows", "predictions_repeat"),
    "semantic_cache_hit": ("predictions_repeat", "text_of_other_rows", "misplaced_rows"),
    "interleaved_streams": ("text_of_other_rows", "broken_sentences"),
    "history_bleed": ("text_of_other_rows", "boilerplate_left"),
    "comma_split_columns": ("columns_swapped", "dialogues_damaged", "references_damaged", "predictions_are_dialogues"),
    "dialogue_glued_to_next": ("dialogues_damaged",),
    "stop_list_of_speakers": ("ends_midway",),
    "runs_on_into_next_example": ("next_prompt_left", "turns_after_summary", "never_stops", "text_after_first_line"),
    "temperature_too_high": ("unlike_references", "broken_sentences", "score_unexplained"),
    "nan_logits_exclamation": ("padding_left", "empty_predictions"),
    "stream_chunks_dropped": ("misspelled", "broken_sentences"),
    "cumulative_stream_concatenated": ("started_again", "text_repeated"),
    "gateway_error_saved": (
        "same_template",
        "unrelated",
        "one_summary_for_all",
        "predictions_repeat",
        "empty_predictions",
        "error_messages",
    ),
    "reasoning_cut_off": ("thoughts_left", "cut_short", "ends_midway", "strange_marks"),
    "json_mode_unterminated": ("json_wrapped", "cut_short", "ends_midway", "strange_marks"),
    "speculative_duplicate_spans": ("words_repeated", "unlike_references"),
    "grammar_too_narrow": ("case_destroyed", "punctuation_lost"),
    "continues_the_chat": ("predictions_are_dialogues", "speaker_prefixed"),
    "unknown_names": ("special_tokens_left", "names_lost", "strange_marks"),
    "prompt_slice_wrong": ("starts_midway",),
    "pivot_translation": ("unlike_references", "broken_sentences", "score_unexplained"),
    "spellchecked_names": ("names_lost", "misspelled"),
    "pii_masked": ("names_lost", "strange_marks"),
    "html_twice_escaped": ("html_escaped", "html_tags", "tagged", "strange_marks"),
    "pandas_display_cut": ("cut_short", "ends_midway"),
    "mojibake": ("mojibake", "invisible_characters", "misspelled", "strange_marks"),
    "role_header_left": (
        "chat_header_left",
        "special_tokens_left",
        "same_start",
        "text_before_last_line",
        "strange_marks",
    ),
    "few_shot_demo_parroted": (
        "one_summary_for_all",
        "predictions_repeat",
        "same_start",
        "boilerplate_left",
        "same_template",
    ),
    "headline_checkpoint": ("unlike_references", "odd_lengths", "two_groups", "score_unexplained"),
    "labels_shifted_twice": ("broken_sentences",),
    "speakers_swapped": ("unlike_references", "score_unexplained"),
    "teacher_forced_argmax": ("teacher_forced", "some_predictions_are_references", "predictions_are_references"),
}
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""

DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {name: (KINDS[name], codes) for name, codes in CODES.items()}
"""Forty-four kinds of damage to rows of dialogue, reference and prediction."""
