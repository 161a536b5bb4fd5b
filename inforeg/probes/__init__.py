"""What is asked of a model after its training."""
