"""The only code that takes gradients of a loss for training and steps: primitives, optimisers, schedules."""
