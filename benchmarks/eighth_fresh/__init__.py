"""Forty-five kinds of damage to files of summaries, invented from practice."""

from . import checkpoints, decoding, dialogues, generation, order, processing, references, serving, training
from .common import Kind, Row

KINDS: dict[str, Kind] = {
    "loss_on_dialogue_continues_chat": training.loss_on_dialogue_continues_chat,
    "end_token_never_learned_drifts_on": training.end_token_never_learned_drifts_on,
    "untrained_model_copies_opening": training.untrained_model_copies_opening,
    "overtrained_model_collapsed_to_one_sentence": training.overtrained_model_collapsed_to_one_sentence,
    "labels_shifted_twice_skips_words": training.labels_shifted_twice_skips_words,
    "memorised_training_details_invented": training.memorised_training_details_invented,
    "dialogsum_checkpoint_writes_person_tags": checkpoints.dialogsum_checkpoint_writes_person_tags,
    "pretrained_checkpoint_fills_sentinels": checkpoints.pretrained_checkpoint_fills_sentinels,
    "speaker_roles_swapped_by_template": checkpoints.speaker_roles_swapped_by_template,
    "adapter_not_loaded_writes_assistant_report": checkpoints.adapter_not_loaded_writes_assistant_report,
    "token_limit_cuts_mid_word": generation.token_limit_cuts_mid_word,
    "greedy_decoding_loops": generation.greedy_decoding_loops,
    "temperature_far_too_high": generation.temperature_far_too_high,
    "stop_at_newline_keeps_preamble": generation.stop_at_newline_keeps_preamble,
    "few_shot_pattern_continued": generation.few_shot_pattern_continued,
    "language_drifts_to_chinese": generation.language_drifts_to_chinese,
    "input_window_drops_end_of_dialogue": generation.input_window_drops_end_of_dialogue,
    "prompt_not_sliced_off": decoding.prompt_not_sliced_off,
    "answer_sliced_at_wrong_offset": decoding.answer_sliced_at_wrong_offset,
    "padding_and_end_tokens_kept": decoding.padding_and_end_tokens_kept,
    "role_words_survive_decoding": decoding.role_words_survive_decoding,
    "byte_level_pieces_joined": decoding.byte_level_pieces_joined,
    "uncased_tokenizer_decoded": decoding.uncased_tokenizer_decoded,
    "cumulative_stream_chunks_appended": serving.cumulative_stream_chunks_appended,
    "server_error_saved_as_answer": serving.server_error_saved_as_answer,
    "history_not_cleared_between_rows": serving.history_not_cleared_between_rows,
    "thinking_block_kept": serving.thinking_block_kept,
    "safety_refusal_saved": serving.safety_refusal_saved,
    "pipeline_result_written_as_repr": processing.pipeline_result_written_as_repr,
    "empty_answer_read_back_as_nan": processing.empty_answer_read_back_as_nan,
    "teacher_forced_argmax_decoded": processing.teacher_forced_argmax_decoded,
    "reference_copied_into_prediction": processing.reference_copied_into_prediction,
    "rich_text_editor_left_html": processing.rich_text_editor_left_html,
    "topic_column_taken_as_reference": references.topic_column_taken_as_reference,
    "utf8_read_as_windows_1252": references.utf8_read_as_windows_1252,
    "ignored_label_ids_decoded": references.ignored_label_ids_decoded,
    "reviewers_notes_typed_into_cells": references.reviewers_notes_typed_into_cells,
    "closing_note_taken_as_reference": references.closing_note_taken_as_reference,
    "only_first_line_of_cell_read": dialogues.only_first_line_of_cell_read,
    "ticket_export_newest_turn_first": dialogues.ticket_export_newest_turn_first,
    "line_breaks_escaped_on_export": dialogues.line_breaks_escaped_on_export,
    "speech_recognizer_relabelled_turns": dialogues.speech_recognizer_relabelled_turns,
    "length_sorted_batches_never_unsorted": order.length_sorted_batches_never_unsorted,
    "failed_row_shifted_the_rest": order.failed_row_shifted_the_rest,
    "first_output_of_batch_written_to_all": order.first_output_of_batch_written_to_all,
}
WHOLE: frozenset[str] = frozenset(
    {
        "length_sorted_batches_never_unsorted",
        "failed_row_shifted_the_rest",
        "first_output_of_batch_written_to_all",
    }
)

__all__ = ["KINDS", "WHOLE", "Kind", "Row"]
