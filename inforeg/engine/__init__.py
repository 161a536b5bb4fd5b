"""Training: one loop, its evaluation, selection, checkpoints and records."""
