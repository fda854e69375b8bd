"""The left side: pictures and the list of layers."""
