"""Fixed divisions of a benchmark's samples into train, val and test, stored as index files.

Chance comes from SHA-256, not from a random generator, so the files are the same under every version.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inforeg.data import arrays

PARTS = ("train", "val", "test")

Parts = Mapping[str, NDArray[np.int64]]
"""Sorted positions of the samples of each part."""


def shuffled(positions: Iterable[int], *names: str) -> list[int]:
    """`positions` in an order drawn from `names` alone, whatever their order was."""
    return sorted(
        map(int, positions), key=lambda i: hashlib.sha256(json.dumps([*names, i]).encode()).digest()
    )


def divide(groups: Iterable[Sequence[int]]) -> Parts:
    """The first 60 % of each group for training, the next 20 % for validation, the rest for the test."""
    parts: dict[str, list[int]] = {part: [] for part in PARTS}
    for group in groups:
        first, second = (len(group) * 3 + 2) // 5, (len(group) * 4 + 2) // 5
        for part, piece in zip(PARTS, (group[:first], group[first:second], group[second:]), strict=True):
            parts[part] += piece
    return {part: np.sort(np.array(positions, np.int64)) for part, positions in parts.items()}


def stratified(target: NDArray[Any], *names: str) -> Parts:
    """A random division with the same shares of each class in `target`, (N,), drawn from `names`."""
    return divide(shuffled(np.flatnonzero(target == label), *names) for label in np.unique(target))


def write(folder: Path, name: str, parts: Parts) -> None:
    """Store the division `name` in `folder`."""
    arrays.write(folder, **{f"split_{name}_{part}": parts[part] for part in PARTS})


def read(folder: Path, name: str) -> Parts:
    """The division `name` stored in `folder`."""
    return {part: arrays.read(folder, f"split_{name}_{part}") for part in PARTS}
