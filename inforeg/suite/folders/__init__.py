"""Folders of data: fetched, verified, pinned."""
