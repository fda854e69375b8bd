"""Plots of the laboratory: lines with a spread over axes with plain numbers, painted by the program itself."""
