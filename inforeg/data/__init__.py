"""Samples as splits and streams, and where they come from: pinned sources, arrays on disk."""
