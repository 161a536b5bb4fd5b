"""The results as pages for a browser: one folder, no server, no network."""
