"""The methods by which a layer can be computed, compared."""
