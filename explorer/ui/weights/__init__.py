"""The grid in which weights are edited."""
