"""The files that an experiment and the whole replication end in."""
