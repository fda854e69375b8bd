"""The Derive workspace: exact derivations, step by step."""
