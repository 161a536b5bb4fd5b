"""Runs gathered into frames."""
