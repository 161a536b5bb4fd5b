"""One file per benchmark, and what they share: pinned sources, prepared folders, splits."""
