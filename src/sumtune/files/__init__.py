"""Files that appear complete or not at all, and the run folder."""
