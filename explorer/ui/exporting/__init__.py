"""The export dialog and the figures that it writes."""
