"""Preferences, keys, faults, and the settings behind them."""
