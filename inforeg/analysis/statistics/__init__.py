"""Tests, intervals, ranks."""
