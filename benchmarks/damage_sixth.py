"""The sixth list of damage that was invented without sight of the rules, and the codes of the findings that are right.

The kinds were invented without sight of the rules, of the codes or of earlier lists. The codes were chosen from
docs/diagnosis.md and from a sentence for each kind by its author, before the first run; `teacher_forced` and
`error_messages` were added when these findings were.
"""

from damage_fresh import RowDamage
from sixth_fresh import KINDS, WHOLE

__all__ = ["DAMAGES", "WHOLE_FILE"]

UNKNOWN = ("unlike_references", "score_unexplained", "two_groups")
REFERENCES = ("references_damaged",)
DIALOGUES = ("dialogues_damaged",)

CODES: dict[str, tuple[str, ...]] = {
    "sentencepiece_pieces_joined": ("word_pieces_left", "words_broken", "marks_detached", "strange_marks"),
    "special_tokens_and_padding_kept": ("special_tokens_left", "padding_left", "text_after_end_mark", "strange_marks"),
    "right_padded_causal_batch": ("padding_left", "empty_predictions", "ends_in_loop", "odd_lengths", *UNKNOWN),
    "unknown_for_names_and_numbers": ("names_lost", "strange_marks"),
    "wrong_vocabulary_decoded": UNKNOWN,
    "cut_at_small_token_budget": ("cut_short", "ends_midway", "odd_lengths"),
    "loop_until_length_limit": ("ends_in_loop", "never_stops", "sentences_repeated", "odd_lengths"),
    "repetition_banned": ("never_stops", "odd_lengths"),
    "runs_on_into_new_example": (
        "next_prompt_left", "turns_after_summary", "text_after_first_line", "text_after_end_mark", "never_stops",
        "odd_lengths",
    ),
    "prompt_cut_by_token_count": (
        "prompt_echoed", "prompt_echoed_in_part", "text_before_last_line", "starts_midway", "odd_lengths",
    ),
    "empty_template_slot": ("unrelated", "same_template", "one_summary_for_all", "strange_marks"),
    "few_shot_answer_copied": (
        "predictions_repeat", "one_summary_for_all", "same_template", "unrelated", "boilerplate_left",
    ),
    "next_turn_instead_of_summary": (
        "predictions_are_dialogues", "speaker_prefixed", "same_template", "unlike_references",
    ),
    "reasoning_kept": ("thoughts_left", "text_before_last_line", "strange_marks", "odd_lengths"),
    "news_checkpoint_copies_lead": ("predictions_are_dialogues",),
    "clinical_note_adapter": ("same_template", "unrelated", *UNKNOWN),
    "wrong_target_language": ("wrong_language",),
    "teacher_forced_argmax": ("predictions_are_references", "some_predictions_are_references", "teacher_forced"),
    "substring_pronoun_replace": ("misspelled",),
    "names_of_previous_row": ("names_lost", "text_of_other_rows", "strange_marks"),
    "scorer_text_saved": ("case_destroyed", "punctuation_lost", "broken_sentences", "misspelled"),
    "zip_over_one_string": ("odd_lengths", "predictions_repeat"),
    "api_error_bodies": ("same_template", "unrelated", "strange_marks", "error_messages"),
    "cumulative_stream_glued": ("started_again", "text_repeated", "odd_lengths"),
    "writers_interleaved": ("text_of_other_rows", "broken_sentences", "strange_marks"),
    "utf16_read_bytewise": ("invisible_characters", "mojibake", "strange_marks"),
    "series_repr_saved": ("python_literal", "numbered", "same_end", "boilerplate_left", "ends_midway"),
    "csv_without_quotes": ("columns_swapped", "dialogues_damaged", "references_damaged", "predictions_are_dialogues"),
    "reference_is_pasted_turns": ("references_damaged", "columns_swapped"),
    "reference_has_editor_markup": REFERENCES,
    "reference_is_annotator_remark": REFERENCES,
    "reference_is_topic_label": REFERENCES,
    "reference_carried_over": REFERENCES,
    "reference_cut_by_column_width": REFERENCES,
    "dialogue_speakers_stripped": DIALOGUES,
    "dialogue_one_side_only": DIALOGUES,
    "dialogue_threads_interleaved": DIALOGUES,
    "length_sort_not_undone": ("misplaced_rows", "text_of_other_rows"),
    "many_to_many_join": ("misplaced_rows", "text_of_other_rows", "predictions_repeat"),
    "spreadsheet_fill_down": ("predictions_repeat",),
}  # fmt: skip
WHOLE_FILE = frozenset(WHOLE)
"""Damage that only a whole file can have."""

DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {name: (KINDS[name], codes) for name, codes in CODES.items()}
