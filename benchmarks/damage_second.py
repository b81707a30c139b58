"""The second list of damage that was invented without sight of the rules, and the codes of the findings that are right.

The codes were chosen from the docstrings before the first run, when the rules were last changed in f00922e: those of
findings that name what happened, and where no finding names it, those that come nearest and are true, or that say
honestly that the reason is unknown.
"""

import random

from damage_fresh import Row as Dictionary
from damage_fresh import RowDamage
from second_fresh import KINDS, WHOLE, Kind, Row

__all__ = ["DAMAGES", "WHOLE_FILE"]

UNKNOWN = ("score_unexplained", "two_groups", "unlike_references")
MESSAGE = ("one_summary_for_all", "predictions_repeat", "same_template", "unrelated")
"""A text that has nothing to do with the dialogue, the same or nearly the same in several rows."""
PIECES = ("word_pieces_left",)
CUT = ("cut_short", "ends_midway")
EMPTY = ("empty_predictions",)
MOVED = ("misplaced_rows", "text_of_other_rows")
REPEATED = (*MOVED, "predictions_repeat")
REFERENCES = ("references_damaged",)

CODES: dict[str, tuple[str, ...]] = {
    "wordpieces_not_joined": PIECES,
    "sentencepieces_not_joined": PIECES,
    "byte_level_pieces": PIECES,
    "all_spaces_lost": ("words_glued",),
    "special_tokens_kept": ("special_tokens_left", "padding_left"),
    "token_ids_not_decoded": EMPTY,
    "decoded_with_another_vocabulary": (*UNKNOWN, "unrelated", "broken_sentences"),
    "names_and_rare_words_unknown": ("special_tokens_left",),
    "padding_decoded_in_labels": REFERENCES,
    "cut_at_default_max_length": CUT,
    "no_room_beside_prompt": (*CUT, "odd_lengths"),
    "forced_minimum_length": (*UNKNOWN, "never_stops", "odd_lengths"),
    "loop_of_last_words": ("ends_in_loop", "never_stops"),
    "temperature_too_high": (*UNKNOWN, "broken_sentences", "unrelated"),
    "no_end_token_learned": ("next_prompt_left", "never_stops", "turns_after_summary", "text_after_first_line"),
    "not_a_number_in_half_precision": (*EMPTY, "padding_left"),
    "whole_prompt_returned": (
        "prompt_echoed", "prompt_echoed_in_part", "same_start", "preamble_left", "text_before_last_line",
    ),
    "start_lost_with_prompt": ("starts_midway",),
    "padding_on_wrong_side": (*UNKNOWN, "unrelated", "broken_sentences"),
    "base_model_copies_start": ("predictions_are_dialogues", "score_unexplained"),
    "adapter_of_another_customer": (*UNKNOWN, "unrelated", "same_template"),
    "training_summaries_by_heart": (*UNKNOWN, "unrelated", "same_template", "names_lost"),
    "one_sentence_for_all": ("same_template", "one_summary_for_all"),
    "identical_output_everywhere": ("one_summary_for_all", "predictions_repeat"),
    "word_salad_of_bad_quantization": (*UNKNOWN, "strange_marks", "unrelated", "misspelled", "broken_sentences"),
    "placeholders_for_people": ("strange_marks", "names_lost"),
    "dialogue_goes_on": ("predictions_are_dialogues",),
    "switched_to_french": ("wrong_language",),
    "chinese_from_the_middle_on": ("wrong_language", "unlike_references"),
    "retells_every_turn": (*UNKNOWN, "predictions_are_dialogues", "odd_lengths"),
    "polite_preamble": ("preamble_left", "same_start"),
    "reasoning_kept": ("thoughts_left",),
    "reasoning_used_up_the_limit": ("thoughts_left", "cut_short"),
    "chat_template_in_output": ("special_tokens_left", "text_after_end_mark", "chat_header_left"),
    "bullets_with_heading": ("markdown_left",),
    "json_object": ("json_wrapped",),
    "refusal": MESSAGE,
    "asks_for_dialogue": MESSAGE,
    "example_of_prompt_repeated": MESSAGE,
    "talk_about_talk": MESSAGE,
    "headline_style": (*UNKNOWN, "case_destroyed", "odd_lengths"),
    "verdict_of_judge": MESSAGE,
    "stream_added_up": ("started_again", "text_repeated", "sentences_repeated", "words_repeated"),
    "raw_server_sent_events": ("json_wrapped",),
    "pipeline_dictionary": ("python_literal", "json_wrapped"),
    "coroutine_not_awaited": (*EMPTY, "python_literal"),
    "rate_limit_message": MESSAGE,
    "nothing_after_timeout": EMPTY,
    "log_line_in_front": ("same_start", "numbered", "preamble_left"),
    "only_last_chunk_summarized": (*UNKNOWN, "predictions_are_dialogues"),
    "cut_at_first_full_stop": CUT,
    "first_line_is_preamble": MESSAGE,
    "capitalized_words_removed": ("names_lost", "starts_midway", "broken_sentences"),
    "stopwords_removed": ("broken_sentences", "punctuation_lost", "case_destroyed"),
    "set_of_words": ("broken_sentences",),
    "joined_letter_by_letter": ("characters_separated",),
    "first_letter_only": (*UNKNOWN, *CUT, "odd_lengths"),
    "personal_data_masked": ("strange_marks", "names_lost"),
    "slash_for_backslash": ("misspelled", "words_broken"),
    "cut_by_database_column": CUT,
    "cut_by_display_width": CUT,
    "commas_not_quoted": (*UNKNOWN, *REFERENCES, "predictions_are_dialogues", "columns_swapped"),
    "missing_value_of_pandas": EMPTY,
    "formula_error_of_excel": (*EMPTY, "one_summary_for_all", "predictions_repeat"),
    "score_column_read": EMPTY,
    "utf16_read_as_latin": ("invisible_characters", "mojibake", "characters_separated"),
    "html_of_annotation_tool": ("html_tags", "html_escaped", "tagged"),
    "hyphens_of_printed_page": ("lines_hyphenated",),
    "cell_limit_of_old_sheet": (*CUT, *REFERENCES),
    "shuffled_loader": MOVED,
    "first_line_taken_for_header": MOVED,
    "blank_line_skipped": MOVED,
    "sorted_by_length": MOVED,
    "gathered_by_device": MOVED,
    "written_as_completed": MOVED,
    "files_in_order_of_names": MOVED,
    "column_sorted_alone": MOVED,
    "joined_on_id_of_shard": REPEATED,
    "joined_on_repeated_key": REPEATED,
    "start_written_twice": REPEATED,
    "first_of_batch_for_all": REPEATED,
    "beams_fill_the_rows": REPEATED,
    "one_line_for_each_sentence": MOVED,
    "labels_decoded_as_predictions": ("predictions_are_references", "some_predictions_are_references"),
    "teacher_forcing_in_evaluation": (*UNKNOWN, "broken_sentences"),
    "summary_left_in_dialogue": (
        "predictions_are_references", "some_predictions_are_references", "predictions_are_dialogues",
    ),
    "gold_in_log_line": ("same_start",),
    "dialogue_scored": ("predictions_are_dialogues", "columns_swapped"),
    "reference_and_dialogue_swapped": ("columns_swapped", *REFERENCES),
    "opening_lines_as_reference": REFERENCES,
    "missing_references": REFERENCES,
    "several_references_in_one_cell": REFERENCES,
    "references_cut_by_target_length": REFERENCES,
    "topic_as_reference": REFERENCES,
    "references_in_german": REFERENCES,
    "references_without_stopwords": REFERENCES,
    "empty_input": (*UNKNOWN, "unrelated", "same_template", "predictions_repeat"),
    "speakers_stripped": (*UNKNOWN, "names_lost"),
    "only_start_was_read": (*UNKNOWN, "predictions_are_dialogues", "same_template"),
}  # fmt: skip
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""


def of_dictionaries(kind: Kind) -> RowDamage:
    """Return the kind for rows as dictionaries."""

    def damage(rows: list[Dictionary], rng: random.Random) -> list[Dictionary]:
        given = [Row(row["dialogue"], row["reference"], row["prediction"]) for row in rows]
        return [vars(row) for row in kind(given, rng)]

    return damage


DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {
    name: (of_dictionaries(KINDS[name]), codes) for name, codes in CODES.items()
}
