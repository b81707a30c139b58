"""Damage that somebody else invented without sight of the rules, and the codes of the findings that are right.

The codes were chosen before the first run: those of findings that name the cause, and where no finding names it, those
that say truly that something is wrong with these predictions. Where a later finding names the damage better, its code
was added then.
"""

import random
from collections.abc import Callable

from fresh import chat_models, decoding, fields_and_rows, files, text_steps

__all__ = ["DAMAGES", "WHOLE_FILE", "RowDamage"]

MODULES = (decoding, chat_models, fields_and_rows, text_steps, files)

MOVED = ("misplaced_rows", "text_of_other_rows")
REPEAT = ("one_summary_for_all", "predictions_repeat")
UNKNOWN = ("score_unexplained", "two_groups", "unlike_references")
MESSAGE = (*REPEAT, "same_template", "unrelated", "same_start", "same_end")
"""A message of a program in place of a summary."""
PROMPT = ("text_before_last_line", "prompt_echoed", "prompt_echoed_in_part", "same_start", "preamble_left")
EMPTY = ("empty_predictions",)
IDS = ("encoded", "python_literal", "empty_predictions")
PIECES = ("word_pieces_left",)
CASE = ("case_destroyed",)
CUT = ("cut_short", "ends_midway")

CODES: dict[str, tuple[str, ...]] = {
    "prompt_and_dialogue_echoed": PROMPT,
    "bart_special_tokens_kept": ("special_tokens_left", "text_after_end_mark"),
    "sentencepiece_pieces": PIECES,
    "byte_bpe_space_marks": PIECES,
    "wordpiece_hashes": (*PIECES, "special_tokens_left"),
    "bpe_at_marks": PIECES,
    "tokens_decoded_one_by_one": ("words_broken",),
    "spaces_lost": ("words_glued",),
    "token_id_list": IDS,
    "tensor_repr": IDS,
    "wrong_tokenizer_decode": (*UNKNOWN, "broken_sentences", "unrelated", "misspelled"),
    "unknown_tokens": ("special_tokens_left",),
    "left_padding_visible": ("special_tokens_left", "padding_left"),
    "prompt_slice_too_long": ("starts_midway",),
    "prompt_slice_too_short": PROMPT,
    "cut_by_max_new_tokens": CUT,
    "repetition_loop": ("ends_in_loop", "never_stops"),
    "temperature_salad": (*UNKNOWN, "broken_sentences", "misspelled", "strange_marks"),
    "runs_on_into_new_example": ("next_prompt_left", "never_stops", "turns_after_summary", "text_after_first_line"),
    "nan_logits_exclamation": (*EMPTY, "padding_left"),
    "collapsed_the_the": ("words_repeated", "text_repeated", "ends_in_loop"),
    "t5_sentinels": ("special_tokens_left", "strange_marks"),
    "copies_start_of_input": (*UNKNOWN, "predictions_are_dialogues", "prompt_echoed_in_part"),
    "min_length_news_filler": (*UNKNOWN, "boilerplate_left", "closing_left", "same_end", "never_stops"),
    "pegasus_newline_token": ("special_tokens_left", "html_tags"),
    "dialogsum_person_tags": ("strange_marks",),
    "stop_string_is_speaker": (*CUT, *EMPTY, "odd_lengths"),
    "stop_string_is_period": CUT,
    "continues_the_dialogue": ("predictions_are_dialogues", "turns_after_summary"),
    "assistant_replies_to_chat": (*UNKNOWN, *MESSAGE, "preamble_left", "closing_left"),
    "dialogue_missing_from_prompt": MESSAGE,
    "input_cut_to_first_line": (*UNKNOWN, "same_template", "predictions_are_dialogues"),
    "writes_python_code": (*MESSAGE, "markdown_left", "strange_marks"),
    "output_in_german": ("wrong_language",),
    "output_in_chinese": ("wrong_language",),
    "chat_preamble": ("preamble_left", "same_start"),
    "chat_closing_offer": ("boilerplate_left", "closing_left", "same_end"),
    "chatml_markers": ("chat_header_left", "text_after_end_mark", "special_tokens_left"),
    "alpaca_headings": (*PROMPT, "chat_header_left", "markdown_left", "next_prompt_left"),
    "think_block": ("thoughts_left",),
    "harmony_channels": ("thoughts_left", "preamble_left", "same_start"),
    "model_refusals": MESSAGE,
    "api_content_filter": MESSAGE,
    "rate_limit_error": (*MESSAGE, "error_messages"),
    "cuda_oom_text": (*MESSAGE, "error_messages"),
    "html_error_page": (*MESSAGE, "html_tags", "error_messages"),
    "response_object_repr": ("python_literal",),
    "pipeline_list_of_dict": ("python_literal", "json_wrapped"),
    "json_code_fence": ("json_wrapped", "markdown_left"),
    "raw_sse_stream": ("json_wrapped",),
    "cumulative_stream_joined": ("started_again", "text_repeated", "sentences_repeated", "words_repeated"),
    "stream_chunks_lost": ("misspelled", "broken_sentences"),
    "tool_call_text": ("json_wrapped", "tagged"),
    "ollama_verbose_stats": ("closing_left", "text_after_first_line", "same_end", "score_appended"),
    "logprobs_inline": ("score_appended", "words_tagged", "strange_marks"),
    "citation_marks": ("strange_marks", "special_tokens_left", "same_end"),
    "service_advert": ("boilerplate_left", "closing_left", "same_end", "text_after_first_line"),
    "few_shot_example_leaks": (*PROMPT, "next_prompt_left"),
    "judge_output_saved": MESSAGE,
    "markdown_report": ("markdown_left",),
    "batch_prompt_numbers": ("numbered", "same_start", "strange_marks", "text_after_first_line", "text_of_other_rows"),
    "bytes_repr": ("python_literal",),
    "json_encoded_twice": ("json_wrapped", "quoted", "backslash_escaped"),
    "db_tuple": ("python_literal",),
    "pandas_series_repr": (*CUT, "numbered", "same_end", "text_after_first_line", "python_literal"),
    "sentence_list_repr": ("python_literal", "json_wrapped"),
    "letters_spaced": ("characters_separated",),
    "first_character_only": (*UNKNOWN, *CUT, *EMPTY, "odd_lengths"),
    "coroutine_repr": (*EMPTY, "python_literal"),
    "js_object_object": (*EMPTY, *REPEAT),
    "nan_strings": (*EMPTY, *REPEAT),
    "empty_outputs": EMPTY,
    "rouge_number_column": EMPTY,
    "id_column": (*EMPTY, "numbered"),
    "cache_hash_keys": (*UNKNOWN, *EMPTY, "encoded", "unrelated", "misspelled", "strange_marks"),
    "reference_as_prediction": ("predictions_are_references", "some_predictions_are_references"),
    "dialogue_as_prediction": ("columns_swapped", "predictions_are_dialogues"),
    "dialogue_prediction_swapped": ("columns_swapped",),
    "classifier_labels": (*UNKNOWN, *EMPTY, *REPEAT, "odd_lengths", "score_appended", "unrelated"),
    "keywords_only": (*UNKNOWN, "broken_sentences"),
    "shifted_by_one_row": MOVED,
    "shifted_after_dropped_row": MOVED,
    "shuffled_loader": MOVED,
    "length_sorted_not_restored": MOVED,
    "alphabetically_sorted": MOVED,
    "reversed_order": MOVED,
    "distributed_rank_order": MOVED,
    "nbest_flattened": (*MOVED, *REPEAT),
    "forward_filled": (*MOVED, *REPEAT),
    "one_answer_for_all": REPEAT,
    "cache_key_collision": (*MOVED, *REPEAT),
    "buffer_not_cleared": (*UNKNOWN, *MOVED, "odd_lengths"),
    "whole_batch_in_each_row": (*REPEAT, "python_literal", "json_wrapped", "text_of_other_rows"),
    "threads_interleaved": ("text_of_other_rows", "broken_sentences", "misspelled"),
    "written_twice": ("text_repeated",),
    "names_from_other_row": (*UNKNOWN, "names_lost", "unrelated", "text_of_other_rows"),
    "news_predictions": (*MOVED, "same_template", "unrelated"),
    "other_split_predictions": (*MOVED, "same_template", "names_lost", "unrelated"),
    "lowercase_no_punctuation": (*CASE, "punctuation_lost"),
    "upper_case": CASE,
    "title_case": CASE,
    "stemmed_words": ("misspelled",),
    "stopwords_removed": ("broken_sentences",),
    "ptb_tokenized": (*UNKNOWN, "marks_detached", "strange_marks", "words_broken"),
    "bag_of_words_sorted": ("broken_sentences",),
    "letter_n_deleted": ("misspelled",),
    "pad_letters_deleted": ("misspelled",),
    "names_deleted": (*UNKNOWN, "names_lost", "starts_midway", "broken_sentences"),
    "pii_placeholders": ("strange_marks", "special_tokens_left", "html_tags", "tagged"),
    "profanity_mask": ("strange_marks", "misspelled"),
    "ocr_confusions": ("misspelled", "strange_marks"),
    "pdf_hyphenation": ("lines_hyphenated", "words_broken"),
    "text_backwards": ("letters_reversed",),
    "pandas_display_dots": CUT,
    "varchar_truncation": CUT,
    "only_tail_kept": (*UNKNOWN, "starts_midway"),
    "log_middle_shortened": (*UNKNOWN, "strange_marks", "broken_sentences"),
    "first_word_only": (*UNKNOWN, *CUT, "odd_lengths"),
    "mojibake_quotes": ("mojibake",),
    "mojibake_nbsp": ("mojibake",),
    "utf16_read_as_latin1": ("invisible_characters", "characters_separated"),
    "ascii_read_as_utf16": ("mojibake",),
    "base64_text": ("encoded",),
    "url_encoded": ("url_encoded",),
    "quoted_printable": ("quoted_printable",),
    "html_escaped_twice": ("html_escaped", "special_tokens_left"),
    "html_tags": ("html_tags", "tagged"),
    "rtf_codes": ("same_start", "same_end", "strange_marks", "backslash_escaped"),
    "excel_name_error": (*EMPTY, *REPEAT),
    "excel_lookup_na": (*EMPTY, *REPEAT),
    "text_to_columns": ("words_joined_by_marks",),
    "csv_quotes_piled": ("quoted", "json_wrapped", "backslash_escaped"),
    "whole_csv_line": ("prompt_echoed", "prompt_echoed_in_part", "numbered"),
    "hard_folded": ("lines_folded", "words_broken", "lines_hyphenated"),
    "literal_backslash_n": ("backslash_escaped",),
    "ansi_codes": ("invisible_characters",),
    "library_warning": ("text_before_last_line", "boilerplate_left", "preamble_left", "same_start"),
    "progress_bar_inside": ("strange_marks", "invisible_characters"),
    "log_prefix": ("same_start", "numbered", "preamble_left"),
    "fairseq_hypothesis_line": ("numbered", "same_start", "strange_marks"),
    "echo_option_printed": ("same_start", "preamble_left", "strange_marks"),
    "git_conflict": ("same_start", "same_end", "strange_marks", "text_repeated"),
}
WHOLE_FILE = frozenset(
    ("dialogue_prediction_swapped", "shifted_by_one_row", "shifted_after_dropped_row", "shuffled_loader",
     "length_sorted_not_restored", "alphabetically_sorted", "reversed_order", "distributed_rank_order",
     "nbest_flattened", "forward_filled", "cache_key_collision")
)  # fmt: skip
"""Damage that only a whole file can have."""

Row = dict[str, str]
RowDamage = Callable[[list[Row], random.Random], list[Row]]
"""Returns damaged copies of rows with `dialogue`, `reference` and `prediction`."""
DAMAGES: dict[str, tuple[RowDamage, tuple[str, ...]]] = {
    name: (next(getattr(module, name) for module in MODULES if hasattr(module, name)), codes)
    for name, codes in CODES.items()
}
