"""Exact values as text and within their limits; imported when an exact value is met, not at the start."""
