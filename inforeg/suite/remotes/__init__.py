"""DVC's remotes: what they answer, and finished runs kept in them."""
