"""Exact algebra over the rationals: integers and fractions of the standard library, never a float.

Every routine gives its steps as data, and its result is the last of them.
"""
