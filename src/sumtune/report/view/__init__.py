"""What the report shows, as dataclasses that are read from a run folder."""
