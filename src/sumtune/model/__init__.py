"""Base models: finding, loading, adapting, merging."""
