"""The algorithm that a derivation found as code that runs: NumPy and C, checked exactly before it is offered."""
