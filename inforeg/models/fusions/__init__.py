"""Fusions, a file each."""
