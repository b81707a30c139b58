"""The eighth list of damage that was invented without sight of the rules, and the codes of the right findings.

The kinds were invented without sight of the rules, of the codes or of earlier lists. The codes were chosen from
docs/diagnosis.md and from two sentences for each kind by its author, before the first run; `refusals` was added when
that finding was.
"""

from damage_fresh import RowDamage
from eighth_fresh import KINDS, WHOLE

__all__ = ["DAMAGES", "WHOLE_FILE"]

CODES: dict[str, tuple[str, ...]] = {
    "loss_on_dialogue_continues_chat": ("predictions_are_dialogues", "loss_on_prompt"),
    "end_token_never_learned_drifts_on": ("never_stops", "text_after_first_line"),
    "untrained_model_copies_opening": ("predictions_are_dialogues", "nothing_learned", "learning_rate_too_low"),
    "overtrained_model_collapsed_to_one_sentence": ("one_summary_for_all", "same_template", "learning_rate_too_high"),
    "labels_shifted_twice_skips_words": ("broken_sentences", "misspelled"),
    "memorised_training_details_invented": ("unrelated", "overfitting", "too_few_examples"),
    "dialogsum_checkpoint_writes_person_tags": ("strange_marks", "names_lost"),
    "pretrained_checkpoint_fills_sentinels": ("special_tokens_left", "strange_marks", "adapter_not_used"),
    "speaker_roles_swapped_by_template": ("unlike_references", "score_unexplained", "two_groups"),
    "adapter_not_loaded_writes_assistant_report": (
        "adapter_not_used",
        "markdown_left",
        "list_marks_left",
        "preamble_left",
        "closing_left",
    ),
    "token_limit_cuts_mid_word": ("cut_short", "ends_midway"),
    "greedy_decoding_loops": ("ends_in_loop", "sentences_repeated", "never_stops"),
    "temperature_far_too_high": ("unlike_references", "score_unexplained", "two_groups", "broken_sentences"),
    "stop_at_newline_keeps_preamble": ("preamble_left", "ends_midway", "same_template"),
    "few_shot_pattern_continued": (
        "next_prompt_left",
        "turns_after_summary",
        "never_stops",
        "text_after_first_line",
    ),
    "language_drifts_to_chinese": ("wrong_language",),
    "input_window_drops_end_of_dialogue": ("dialogues_truncated",),
    "prompt_not_sliced_off": (
        "prompt_echoed",
        "prompt_echoed_in_part",
        "same_start",
        "chat_header_left",
        "text_before_last_line",
    ),
    "answer_sliced_at_wrong_offset": ("starts_midway",),
    "padding_and_end_tokens_kept": (
        "special_tokens_left",
        "padding_left",
        "text_after_end_mark",
        "same_end",
        "strange_marks",
    ),
    "role_words_survive_decoding": (
        "chat_header_left",
        "same_start",
        "text_before_last_line",
        "next_prompt_left",
        "turns_after_summary",
        "text_after_first_line",
        "never_stops",
    ),
    "byte_level_pieces_joined": ("word_pieces_left", "words_joined_by_marks", "words_broken"),
    "uncased_tokenizer_decoded": ("case_destroyed", "marks_detached", "word_pieces_left"),
    "cumulative_stream_chunks_appended": ("started_again",),
    "server_error_saved_as_answer": ("error_messages", "same_template", "unrelated"),
    "history_not_cleared_between_rows": ("text_of_other_rows",),
    "thinking_block_kept": ("thoughts_left", "text_before_last_line"),
    "safety_refusal_saved": (
        "refusals",
        "error_messages",
        "same_template",
        "unrelated",
        "unlike_references",
        "score_unexplained",
        "two_groups",
    ),
    "pipeline_result_written_as_repr": ("python_literal", "json_wrapped", "strange_marks"),
    "empty_answer_read_back_as_nan": ("empty_predictions",),
    "teacher_forced_argmax_decoded": ("teacher_forced",),
    "reference_copied_into_prediction": ("predictions_are_references", "some_predictions_are_references"),
    "rich_text_editor_left_html": ("html_tags", "html_escaped", "tagged"),
    "topic_column_taken_as_reference": ("references_damaged",),
    "utf8_read_as_windows_1252": ("references_damaged",),
    "ignored_label_ids_decoded": ("references_damaged",),
    "reviewers_notes_typed_into_cells": ("references_damaged",),
    "closing_note_taken_as_reference": ("references_damaged",),
    "only_first_line_of_cell_read": ("dialogues_damaged",),
    "ticket_export_newest_turn_first": ("dialogues_damaged",),
    "line_breaks_escaped_on_export": ("dialogues_damaged",),
    "speech_recognizer_relabelled_turns": ("dialogues_damaged",),
    "length_sorted_batches_never_unsorted": ("misplaced_rows", "text_of_other_rows"),
    "failed_row_shifted_the_rest": ("misplaced_rows", "text_of_other_rows"),
    "first_output_of_batch_written_to_all": (
        "predictions_repeat",
        "text_of_other_rows",
        "misplaced_rows",
        "two_groups",
    ),
}
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""

DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {name: (KINDS[name], codes) for name, codes in CODES.items()}
"""Forty-five kinds of damage to rows of dialogue, reference and prediction."""
