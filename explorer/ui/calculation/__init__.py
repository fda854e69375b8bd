"""How a number comes about: the strip under the maps."""
