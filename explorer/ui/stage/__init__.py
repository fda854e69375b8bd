"""The middle of the window: the grid of maps."""
