"""Figures, a file each, and what they share."""
