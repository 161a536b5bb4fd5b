"""Plug-ins of your own: methods, data sets, encoders, fusions, metrics and probes, found by being here."""
