"""Derivations on paper: the same mathematics as typst, LaTeX, Markdown, HTML with MathML, and plain text.

`arrangement` and `tableau` take every decision (signs, parentheses, coefficients, columns); an emitter only says how a
format spells the few shapes that remain, so that the formats cannot disagree.
"""
