"""Benchmarks and replications of balanced multimodal learning, with seeds and statistics."""

from inforeg.regulation import InfoReg

__all__ = ["InfoReg"]
