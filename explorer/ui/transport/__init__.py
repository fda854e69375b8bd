"""The bar by which anything that goes step by step is walked through and played."""
