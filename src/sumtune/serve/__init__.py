"""The tuned summarizer over HTTP."""
