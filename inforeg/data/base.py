"""What a benchmark is: pinned sources, a folder made from them, and splits read from the folder."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from inforeg.batch import Batch
from inforeg.data.sources import Source


@dataclass(frozen=True)
class Split:
    """One part of a benchmark, held in memory.

    Attributes:
        inputs: one tensor per modality, first dimension N (samples), float32.
        target: class indices, (N,), int64.
    """

    inputs: Mapping[str, Tensor]
    target: Tensor

    def __len__(self) -> int:
        return len(self.target)

    def batch(self, index: Tensor) -> Batch:
        """The samples at the positions `index`, (B,)."""
        inputs = {modality: values.index_select(0, index) for modality, values in self.inputs.items()}
        return Batch(inputs, self.target[index], index)

    def part(self, index: Tensor) -> "Split":
        """The samples at the positions `index`, (N',), as a split of their own."""
        batch = self.batch(index)
        return Split(batch.inputs, batch.target)

    def batches(self, size: int) -> Iterator[Batch]:
        """All samples in order, `size` at a time."""
        for start in range(0, len(self), size):
            stop = min(start + size, len(self))
            yield self.batch(torch.arange(start, stop, device=self.target.device))

    def to(self, device: torch.device | str) -> "Split":
        """The same samples on `device`."""
        return Split({m: values.to(device) for m, values in self.inputs.items()}, self.target.to(device))


@dataclass(frozen=True)
class Data:
    """A benchmark's three splits as a run reads them.

    Attributes:
        classes: class names, in the order of their indices.
    """

    classes: tuple[str, ...]
    train: Split
    val: Split
    test: Split

    def shape(self, modality: str) -> tuple[int, ...]:
        """Shape of one sample of `modality`, without the batch dimension."""
        return tuple(self.train.inputs[modality].shape[1:])

    def to(self, device: torch.device | str) -> "Data":
        """The same splits on `device`."""
        return Data(self.classes, self.train.to(device), self.val.to(device), self.test.to(device))


class Benchmark(ABC):
    """A data set with fixed splits; its dataclass fields are the options of loading (noise, which split).

    `prepare` makes the folder bit for bit the same everywhere, so it only unpacks and re-packs. Whatever
    depends on floating point (standardising, noise, windows) happens in `load`.

    Attributes:
        name: the registered name and the folder's name under data/.
        title: how tables call it.
        modalities: in the order in which tables list them.
        classes: class names, in the order of their indices.
        sources: pinned files that `prepare` reads, by a key of the benchmark's own.
        licence: of the data.
        citation: what a paper that uses the data must cite.
        version: of `load`, part of every run's spec; raise it when what it reads may change.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]
    classes: ClassVar[tuple[str, ...]]
    sources: ClassVar[Mapping[str, Source]]
    licence: ClassVar[str]
    citation: ClassVar[str]

    @abstractmethod
    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Write the benchmark's arrays and split indices from its fetched `sources` into an empty folder."""

    @abstractmethod
    def load(self, folder: Path) -> Data:
        """Read the prepared `folder` and apply the options."""
