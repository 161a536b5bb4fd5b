"""Batches for methods that hold a part of the training split out."""

from collections.abc import Iterable

import torch
from torch import Tensor


def together(batches: Iterable[Tensor], size: int) -> list[Tensor]:
    """The batches that have samples; a sample left alone joins a neighbour.

    Batch normalisation cannot take a sample alone.

    Args:
        batches: positions, some of them fewer than meant.
        size: of a batch, as meant; where it is 1, all samples stay alone.
    """
    kept: list[Tensor] = []
    for index in batches:
        if kept and size > 1 and 1 in (len(index), len(kept[-1])):
            kept[-1] = torch.cat([kept[-1], index])
        elif len(index):
            kept.append(index)
    return kept
