"""The fourth list of damage that was invented without sight of the rules, and the codes of the findings that are right.

The codes were chosen from the names of the findings alone, before the first run, when the rules were last changed in
d926ed1: those of findings that name what happened, and where no finding names it, those that come nearest and are
true, or that say honestly that the reason is unknown.
"""

from damage_fresh import RowDamage
from damage_second import CUT, EMPTY, MESSAGE, REFERENCES, UNKNOWN, of_dictionaries
from fourth_fresh import KINDS, WHOLE

__all__ = ["DAMAGES", "WHOLE_FILE"]

MOVED = ("misplaced_rows", "text_of_other_rows")
REPEATED = (*MOVED, "predictions_repeat", "two_groups")
AROUND = ("same_start", "same_end", "tagged")
"""The same text before or after each prediction."""
VAGUE = (*UNKNOWN, "unrelated", "same_template")
"""A text of another task, or about nothing."""
COPIED = ("predictions_are_dialogues", "score_unexplained")
ECHOED = ("prompt_echoed", "prompt_echoed_in_part")

CODES: dict[str, tuple[str, ...]] = {
    "turn_marker_without_brackets": ("next_prompt_left", "chat_header_left", "started_again", "text_after_first_line"),
    "repetition_penalty_too_high": (*UNKNOWN, "same_end", "broken_sentences"),
    "byte_fallback_tokens": ("special_tokens_left", "word_pieces_left", "encoded", "strange_marks"),
    "newline_token_of_pegasus": ("special_tokens_left", "html_tags", "tagged", "padding_left"),
    "uncased_vocabulary": ("case_destroyed", "marks_detached"),
    "twenty_new_tokens": CUT,
    "every_second_token": ("letters_dropped", "misspelled", "word_pieces_left", *UNKNOWN),
    "tokens_each_on_a_line": ("words_broken", "lines_folded", "words_joined_by_marks", "text_after_first_line"),
    "token_dropout_noise": (*UNKNOWN, "broken_sentences", "unrelated"),
    "beams_with_scores": ("text_repeated", "started_again", "numbered", "score_appended", "text_after_first_line"),
    "answers_the_last_turn": VAGUE,
    "vague_description": VAGUE,
    "most_salient_line": COPIED,
    "keywords_only": ("broken_sentences", "odd_lengths", *UNKNOWN, "case_destroyed"),
    "headline": ("broken_sentences", "odd_lengths", *UNKNOWN, "cut_short", "ends_midway", "punctuation_lost"),
    "question_instead": VAGUE,
    "sentiment_label": (*MESSAGE, *UNKNOWN, "odd_lengths"),
    "in_first_person": (*UNKNOWN, "names_lost"),
    "roles_swapped": UNKNOWN,
    "names_of_another_corpus": ("names_lost", "strange_marks"),
    "too_long_by_details": ("never_stops", "dialogue_after_summary", "turns_after_summary", "odd_lengths"),
    "only_the_first_sentence": (*CUT, "odd_lengths"),
    "inst_tags_and_prompt": (*ECHOED, "special_tokens_left", "text_before_last_line"),
    "refusal": (*MESSAGE, "two_groups"),
    "asks_back_after_summary": ("closing_left", "boilerplate_left", "text_after_first_line"),
    "preamble_with_names": ("preamble_left", "text_before_last_line", "same_start"),
    "bullets_under_heading": ("markdown_left", "preamble_left", "same_start"),
    "sections_filled_in": ("tagged", "boilerplate_left", "same_template", *AROUND),
    "example_of_prompt_copied": MESSAGE,
    "instruction_repeated": (*MESSAGE, *ECHOED),
    "explains_its_work": ("thoughts_left", "text_before_last_line", "preamble_left"),
    "answer_as_json_in_a_fence": ("json_wrapped", "markdown_left", *AROUND),
    "several_versions": ("text_repeated", "started_again", "sentences_repeated", "tagged", "same_start"),
    "answer_in_spanish": ("wrong_language",),
    "redacted": ("names_lost", "strange_marks", "special_tokens_left"),
    "lstrip_of_a_prefix": ("starts_midway",),
    "split_at_first_colon": ("starts_midway",),
    "first_line_of_wrapped_text": CUT,
    "letters_only": ("punctuation_lost",),
    "nlp_preprocessing": ("case_destroyed", "broken_sentences", "punctuation_lost", *UNKNOWN),
    "digits_and_names_masked": ("names_lost", "strange_marks"),
    "join_without_space": ("words_glued", "strange_marks"),
    "replace_of_short_words": ("letters_dropped", "misspelled", "words_broken", "letters_substituted"),
    "words_through_a_set": ("broken_sentences", *UNKNOWN),
    "title_case": ("case_destroyed", *UNKNOWN),
    "spelling_corrected": ("names_lost", *UNKNOWN),
    "numbers_and_marks_spelled": ("punctuation_lost", "letters_substituted", *UNKNOWN, "words_joined_by_marks"),
    "whole_and_parts": ("text_repeated", "sentences_repeated", "started_again"),
    "slice_of_prompt_length": ("starts_midway",),
    "pandas_display": CUT,
    "varchar_eighty": CUT,
    "comma_separated_without_quotes": CUT,
    "wide_characters_as_bytes": (
        "invisible_characters", "characters_separated", "mojibake", "characters_joined_by_marks",
    ),
    "ascii_with_replacement": ("strange_marks", "mojibake", "letters_substituted", "punctuation_lost"),
    "escaped_for_sql": ("python_literal", "quoted", *AROUND),
    "row_of_tsv": ("numbered", "same_start", "text_before_last_line"),
    "scanned": ("letters_substituted", "misspelled", "strange_marks"),
    "yaml_block": ("tagged", "same_start", "lines_folded"),
    "cell_as_formula": (*MESSAGE, "empty_predictions", "quoted", "two_groups"),
    "latex_escaped": ("tagged", "strange_marks", "markdown_left", "backslash_escaped", *AROUND),
    "diff_of_two_files": ("text_before_last_line", "same_start", "started_again", "text_repeated"),
    "message_object_printed": ("python_literal", "json_wrapped", *AROUND),
    "content_parts": ("python_literal", "json_wrapped", *AROUND),
    "event_stream": ("json_wrapped", "words_joined_by_marks", "words_tagged"),
    "rate_limited": (*MESSAGE, "empty_predictions", "two_groups"),
    "gateway_page": (*MESSAGE, "empty_predictions", "html_tags", "two_groups"),
    "progress_bar": ("same_start", "numbered", "strange_marks", "preamble_left"),
    "warning_before_text": ("same_start", "preamble_left", "text_before_last_line"),
    "log_line_with_colours": ("same_start", "numbered", "strange_marks", "preamble_left"),
    "time_and_cost": ("score_appended", "same_end", "closing_left", "boilerplate_left"),
    "traceback_of_worker": (*MESSAGE, "empty_predictions", "two_groups", "error_messages"),
    "moderation_stars": ("strange_marks", "letters_substituted", *UNKNOWN),
    "two_devices_concatenated": MOVED,
    "completion_order": MOVED,
    "header_counted_as_row": MOVED,
    "failed_rows_dropped": MOVED,
    "stale_variable": REPEATED,
    "lines_of_two_writers": (*MOVED, "broken_sentences", *UNKNOWN),
    "cache_by_first_speaker": REPEATED,
    "joined_by_string_ids": MOVED,
    "appended_by_second_run": ("predictions_repeat", "duplicates"),
    "references_shifted": (*MOVED, *REFERENCES),
    "second_half_missing": (*EMPTY, "two_groups"),
    "last_batch_for_all": REPEATED,
    "reference_with_prediction": (
        "same_start", "some_predictions_are_references", "predictions_are_references", "tagged",
    ),
    "first_turns_instead": COPIED,
    "score_of_row": (*EMPTY, *MESSAGE, *UNKNOWN, "odd_lengths"),
    "prompt_instead_of_output": (*COPIED, *ECHOED, "columns_swapped"),
    "reference_slightly_changed": ("some_predictions_are_references", "predictions_are_references"),
    "only_end_was_read": (*COPIED, "same_template", "two_groups", "unlike_references"),
    "dialogue_and_prediction_swapped": ("columns_swapped", "predictions_are_dialogues"),
    "references_lower_case_without_marks": REFERENCES,
    "references_tokenized": REFERENCES,
    "references_first_sentence": REFERENCES,
    "references_in_list": REFERENCES,
    "references_with_source": REFERENCES,
    "references_are_first_turn": REFERENCES,
    "references_of_ids": REFERENCES,
    "references_unknown": REFERENCES,
}  # fmt: skip
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""

DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {
    name: (of_dictionaries(KINDS[name]), codes) for name, codes in CODES.items()
}
