"""Factors on the learning rate: pure functions of the epoch, which counts from 0."""

import math

from inforeg.runspec import Training


def factor(training: Training, epoch: int, epochs: int) -> float:
    """The factor in an epoch of a run of `epochs`: of the warm-up, then of the schedule."""
    warmup = training.warmup_epochs
    if epoch < warmup:
        return rising(epoch, warmup)
    if training.schedule == "cosine":
        return cosine(epoch - warmup, epochs - warmup)
    if training.schedule == "step":
        return step(epoch, epochs, training.decay_at, training.decay_factor)
    return 1.0


def rising(epoch: int, length: int) -> float:
    """(t + 1) / (L + 1): linear, so that the first epoch after `length` of them is the first at factor 1."""
    return (epoch + 1) / (length + 1)


def step(epoch: int, epochs: int, at: float, after: float) -> float:
    """1, and `after` once the fraction `at` of the epochs is over."""
    return after if epoch >= round(at * epochs) else 1.0


def cosine(epoch: int, epochs: int) -> float:
    """(1 + cos(pi t / T)) / 2 (Loshchilov & Hutter, SGDR, ICLR 2017, Eq. 5, one period down to 0)."""
    return (1 + math.cos(math.pi * epoch / epochs)) / 2
