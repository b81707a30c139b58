"""From text to token ids to batches: prompts, encoding, languages, faithfulness."""
