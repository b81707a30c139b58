"""The fifth list of damage that was invented without sight of the rules, and the codes of the findings that are right.

The kinds were invented without sight of the rules or of the codes. The codes were chosen from the names and
descriptions of all findings in docs/diagnosis.md, after the first run but without sight of its results. They replace a
first choice by the author of the kinds, who had seen only the names of half of the findings; with it, 56 of 120 cases
of 40 rows were right, and 53 of 120 cases of 200 rows.
The rules were last changed in 73d1cea. `log_lines_left` was added when the finding was.
"""

from damage_fresh import RowDamage
from fifth_fresh import KINDS, WHOLE

__all__ = ["DAMAGES", "WHOLE_FILE"]

UNKNOWN = ("unlike_references", "score_unexplained", "two_groups")
MOVED = ("misplaced_rows", "text_of_other_rows")
REPEATED = (*MOVED, "predictions_repeat")
REFERENCES = ("references_damaged",)

CODES: dict[str, tuple[str, ...]] = {
    "streaming_snowball": ("started_again",),
    "streaming_lost_chunks": ("letters_dropped", "misspelled", "broken_sentences"),
    "tokens_out_of_order": ("broken_sentences",),
    "double_shift_every_other_word": ("broken_sentences",),
    "fp16_nan_bangs": ("ends_in_loop", "never_stops", "strange_marks"),
    "quantized_salad": ("strange_marks", "broken_sentences", "unrelated"),
    "think_block_cut": ("thoughts_left", "cut_short", "ends_midway", "never_stops", "same_template", "strange_marks"),
    "chat_turn_runon": (
        "next_prompt_left", "turns_after_summary", "text_after_first_line", "text_after_end_mark", "never_stops",
        "same_template",
    ),
    "switches_to_french": ("wrong_language",),
    "minutes_bullets": (
        "markdown_left", "same_template", "same_start", "same_end", "boilerplate_left", "strange_marks",
    ),
    "placeholder_reply": (
        "same_template", "one_summary_for_all", "predictions_repeat", "unrelated", "boilerplate_left",
    ),
    "continues_the_chat": ("predictions_are_dialogues", "unrelated"),
    "judge_adapter": ("score_appended", "same_template", "boilerplate_left", "unrelated", "adapter_not_used", *UNKNOWN),
    "says_that_paraphrase": ("predictions_are_dialogues", "odd_lengths", "underfitting", "too_few_steps", *UNKNOWN),
    "news_boilerplate": ("boilerplate_left", "same_end", "same_template", "unrelated", "marks_detached"),
    "mode_collapse_names": ("same_template", "one_summary_for_all", "nothing_learned"),
    "csv_unquoted_columns": ("predictions_are_dialogues", "columns_swapped", "starts_midway", "ends_midway"),
    "utf16_swapped_bytes": ("mojibake", "letters_substituted", "strange_marks"),
    "excel_error_cells": (
        "empty_predictions", "one_summary_for_all", "predictions_repeat", "strange_marks", "unrelated",
    ),
    "request_output_repr": (
        "python_literal", "backslash_escaped", "same_start", "same_end", "same_template", "strange_marks",
    ),
    "file_path_saved": ("same_template", "columns_swapped", "unrelated", *UNKNOWN),
    "git_conflict_markers": ("text_of_other_rows", "strange_marks", "same_template", "same_start", "same_end"),
    "interleaved_writers": ("text_of_other_rows", "broken_sentences"),
    "progress_log_captured": (
        "text_before_last_line", "boilerplate_left", "same_start", "same_template", "strange_marks",
        "log_lines_left",
    ),
    "pandas_repr_cell": (
        "python_literal", "numbered", "same_end", "text_after_first_line", "boilerplate_left", "ends_midway",
        "cut_short", "same_template",
    ),
    "pii_masked": ("names_lost", "strange_marks"),
    "regex_eats_n_and_t": ("letters_dropped", "misspelled", "words_broken"),
    "stopwords_and_stems": ("punctuation_lost", "broken_sentences", "misspelled", "case_destroyed"),
    "pos_tag_dump": ("words_tagged", "python_literal", "strange_marks", "same_template"),
    "join_on_a_string": ("characters_separated", "characters_joined_by_marks", "lines_folded"),
    "pseudonyms_restored_wrongly": ("names_lost",),
    "reference_is_topic": ("references_damaged", "columns_swapped", "unlike_references"),
    "reference_ocr": REFERENCES,
    "reference_in_german": ("references_damaged", "wrong_language"),
    "reference_annotator_notes": ("references_damaged", "label_noise"),
    "reference_three_annotators": ("references_damaged", "odd_lengths", "unlike_references"),
    "length_sorted_not_restored": MOVED,
    "ranks_concatenated": MOVED,
    "history_not_reset": ("text_of_other_rows", "boilerplate_left"),
    "first_of_batch_for_all": REPEATED,
    "return_sequences_flattened": REPEATED,
    "resume_overlap": REPEATED,
    "forward_filled": REPEATED,
    "references_off_by_one": ("misplaced_rows", "summaries_misplaced", "references_damaged"),
    "one_column_sorted": MOVED,
    "sentences_reread_as_rows": MOVED,
    "many_to_many_join": ("duplicates", *REPEATED),
    "dead_rank_blank_tail": ("empty_predictions",),
}  # fmt: skip
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""

DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {name: (KINDS[name], codes) for name, codes in CODES.items()}
