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
from inforeg.errors import UserError

PARTS = ("train", "val", "test")

LARGE = 4
"""Samples of a group; one of more is for training."""

Parts = Mapping[str, NDArray[np.int64]]
"""Sorted positions of the samples of each part."""


def shuffled(positions: Iterable[int], *names: str) -> list[int]:
    """`positions` in an order drawn from `names` alone, whatever their order was."""
    return sorted(
        map(int, positions), key=lambda i: hashlib.sha256(json.dumps([*names, i]).encode()).digest()
    )


def ranked(names: Iterable[str], *stream: str) -> list[str]:
    """`names` in an order drawn from `stream`, in which each one's place hangs on no other."""
    return sorted(names, key=lambda name: hashlib.sha256(json.dumps([*stream, name]).encode()).digest())


def cut(labels: Mapping[str, int], share: float, *stream: str) -> tuple[list[str], list[str]]:
    """The samples with these labels without a share of each class, and that share, drawn by name."""
    taken: set[str] = set()
    for label in set(labels.values()):
        own = ranked((name for name, each in labels.items() if each == label), *stream)
        taken.update(own[: round(share * len(own))])
    return [name for name in labels if name not in taken], [name for name in labels if name in taken]


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


def rows(parts: Mapping[str, Iterable[str]], names: Sequence[str]) -> Parts:
    """Where the samples of each part stand among `names`; those that do not are left out."""
    places = {name: row for row, name in enumerate(names)}
    found = {part: sorted(places[name] for name in own if name in places) for part, own in parts.items()}
    return {part: np.array(positions, np.int64) for part, positions in found.items()}


def grouped(target: NDArray[Any], groups: Sequence[str], *names: str) -> Parts:
    """A random division in which no group lies in two parts, of about the same shares of each class.

    Large groups are for training: where samples are right or wrong together, accuracy would hang on a few.

    Args:
        target: class indices, (N,).
        groups: the name of each sample's group, which counts for the class of its first sample.
        names: what the division is drawn from.
    """
    members: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    parts: dict[str, list[int]] = {part: [] for part in PARTS}
    for label in np.unique(target):
        own = [group for group, positions in members.items() if target[positions[0]] == label]
        total, before = sum(len(members[group]) for group in own), 0
        for group in sorted(ranked(own, *names), key=lambda group: len(members[group]) <= LARGE):
            middle = 2 * before + len(members[group])  # halves of samples
            part = "train" if 5 * middle < 6 * total else "val" if 5 * middle < 8 * total else "test"
            parts[part] += members[group]
            before += len(members[group])
    return {part: np.sort(np.array(positions, np.int64)) for part, positions in parts.items()}


def write(folder: Path, name: str, parts: Parts) -> None:
    """Store the division `name` in `folder`."""
    arrays.write(folder, **{f"split_{name}_{part}": parts[part] for part in PARTS})


def read(folder: Path, name: str) -> Parts:
    """The division `name` stored in `folder`."""
    return {part: arrays.read(folder, f"split_{name}_{part}") for part in PARTS}


def stored(folder: Path) -> dict[str, Parts]:
    """All divisions stored in `folder` by name.

    Raises:
        UserError: one lacks a part, or a part holds anything but samples, each once and in no other part.
    """
    found: dict[str, dict[str, NDArray[np.int64]]] = {}
    for path in sorted(folder.glob("split_*.npy")):
        division, _, part = path.stem.removeprefix("split_").rpartition("_")
        found.setdefault(division, {})[part] = arrays.read(folder, path.stem)
    for division, parts in found.items():
        for part in PARTS:
            if part not in parts and not parts.keys().isdisjoint(PARTS):
                raise UserError(f"{folder} holds no split_{division}_{part}.npy; a division has all parts.")
        _check(parts, f"{folder / 'split'}_{division}", _samples(folder))
    return dict(found)


def _check(parts: Parts, where: str, samples: int) -> None:
    """Raise a `UserError` unless all `parts`, (n,) integers each, hold different positions below `samples`.

    Args:
        parts: positions by part.
        where: how the names of the files begin.
        samples: how many there are.
    """
    taken: dict[str, NDArray[np.int64]] = {}
    for part, positions in parts.items():
        name = f"{where}_{part}.npy"
        if positions.ndim != 1 or not np.issubdtype(positions.dtype, np.integer):
            raise UserError(
                f"{name} holds {positions.dtype} of the shape {positions.shape}; it must hold positions of "
                "samples, (n,) integers."
            )
        if len(outside := positions[(positions < 0) | (positions >= samples)]):
            raise UserError(
                f"{name} holds the position {outside[0]}, but the samples are 0 to {samples - 1}."
            )
        if len(np.unique(positions)) < len(positions):
            raise UserError(f"{name} holds a position twice.")
        for other, before in taken.items():
            if len(shared := np.intersect1d(positions, before)):
                raise UserError(
                    f"{name} holds the sample {shared[0]}, which is in the part {other!r} as well."
                )
        taken[part] = positions


def _samples(folder: Path) -> int:
    """How many samples there are by target.npy; without one, any number."""
    there = (folder / "target.npy").exists()
    return len(arrays.read(folder, "target")) if there else np.iinfo(np.int64).max
