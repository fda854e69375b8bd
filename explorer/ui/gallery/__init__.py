"""The gallery of operations: each with its definition, a picture of what it does, and a way into the pipeline."""
