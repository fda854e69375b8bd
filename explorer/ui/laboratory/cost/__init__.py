"""The cost page: what a layer takes by each way to compute it, by the model and by the clock."""
