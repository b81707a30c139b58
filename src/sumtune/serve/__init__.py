"""HTTP service for the tuned summarizer."""
