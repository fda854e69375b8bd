"""The form of a layer, made from the record of its operation."""
