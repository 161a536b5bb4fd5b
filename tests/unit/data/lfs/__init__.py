"""Git LFS: a server of its own, and what is fetched from it."""
