"""Kernelscope: what the operations of a convolutional network do to an image."""

__version__ = "0.1.0"
