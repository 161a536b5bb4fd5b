"""Encoders, fusion, and the two together."""
