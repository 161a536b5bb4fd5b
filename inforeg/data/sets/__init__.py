"""The embedded data sets, a file each."""
