"""Classes and histograms."""
