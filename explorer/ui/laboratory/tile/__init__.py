"""The page on which a tile of the picture goes through Winograd's algorithm, number by number."""
