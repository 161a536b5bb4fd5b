"""Clips of different lengths: all their frames in one array, of which each view takes a few."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Clips:
    """Samples of which each is some frames of an array.

    The clean view takes frames in the middles of as many equal parts of the clip, the training view different
    ones at random, in their order; a clip with fewer frames than are taken repeats some in both.

    Attributes:
        frames: all frames, (T, ...): a memory-mapped array, or a tensor on the device.
        first: where the frames of each clip begin, (N,), int64.
        count: how many it has, (N,), int64.
        taken: by a view of a clip.
    """

    frames: Any
    first: Tensor
    count: Tensor
    taken: int

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, taken, ...)."""
        return len(self), self.taken, *self.frames.shape[1:]

    def places(self, index: Tensor, draws: Tensor | None) -> Tensor:
        """Where the frames of the clips at the positions `index` are that a view takes, (B, taken).

        Args:
            index: (B,).
            draws: the clips' own for a training view, (B, taken), uniform in [0, 1).
        """
        first, count = self.first[index], self.count[index]
        chosen = middles(count, self.taken)
        if draws is not None:
            drawn = subsets(count, draws)
            chosen = torch.where((count >= self.taken).unsqueeze(1), drawn, chosen)
        return first.unsqueeze(1) + chosen

    def view(self, index: Tensor, draws: Tensor | None) -> Tensor:
        """The frames of a view, (B, taken, ...), of clips on a device."""
        places = self.places(index, draws)
        taken: Tensor = self.frames.index_select(0, places.flatten())
        return taken.view(*places.shape, *taken.shape[1:])

    def part(self, index: Tensor) -> Self:
        """The clips at the positions `index`; the frames of the others stay where they are."""
        return replace(self, first=self.first[index], count=self.count[index])

    def to(self, device: torch.device | str) -> Self:
        """The same, all frames on `device`."""
        moved = {name: getattr(self, name).to(device) for name in ("frames", "first", "count")}
        return replace(self, **moved)

    def every(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where all frames of the clips `rows` are, one clip after the other."""
        first, count = self.first.numpy()[rows], self.count.numpy()[rows]
        starts = np.cumsum(count) - count
        return np.repeat(first - starts, count) + np.arange(count.sum())


def middles(count: Tensor, taken: int) -> Tensor:
    """Positions in the middles of `taken` equal parts of 0 ... count - 1, (B, taken)."""
    steps = 2 * torch.arange(taken, device=count.device) + 1
    return count.unsqueeze(1) * steps // (2 * taken)


def subsets(count: Tensor, draws: Tensor) -> Tensor:
    """`draws.shape[1]` different ones of 0 ... count - 1, ascending, each subset equally likely, (B, taken).

    The i-th number is drawn among those that are left: it counts past the ones before it.

    Args:
        count: (B,), at least as many as are taken; what comes out for fewer has no meaning.
        draws: uniform in [0, 1), (B, taken).
    """
    chosen = count.new_empty((len(count), 0))
    for number, draw in enumerate(draws.double().unbind(1)):
        next_one = (draw * (count - number)).long()
        for before in chosen.unbind(1):
            next_one = next_one + (next_one >= before)
        chosen = torch.cat([chosen, next_one.unsqueeze(1)], 1).sort(1).values
    return chosen
