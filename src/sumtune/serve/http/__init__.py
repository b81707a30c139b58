"""Middleware and connection handling."""
