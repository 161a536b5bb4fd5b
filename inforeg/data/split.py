"""Samples by the batch: all that a run knows of its data."""

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

import torch
from torch import Tensor

from inforeg.batch import Batch, Shape, Values, on_each, present_in
from inforeg.data.clips import Clips
from inforeg.data.transforms import Transform
from inforeg.random import stream

Stored = Mapping[str, Values]
"""Samples as they are stored, by modality."""

Draws = Mapping[str, Tensor]
"""Random numbers of an epoch, (N, draws), by modality that takes any."""

NONE: Mapping[str, Tensor] = {}

EVALUATION_BATCH, EVALUATION_BYTES = 1024, 2**26
"""Samples that are evaluated at once, and what their inputs may take."""


class Split(ABC):
    """One part of a benchmark: N samples, which come in batches only.

    A sample has two views. `batch` gives the clean one: for evaluation, for teachers and other frozen models,
    for whatever visits samples again. `stream` gives the one for training, augmented and read ahead. They
    are the same where no transform draws.

    Attributes:
        target: class indices, (N,), int64, on the device on which batches are.
        transforms: of what is stored, by modality; a modality without one is stored as it is shown.
        places: where each sample was in the split that `part` took it from, (N,); where it is if None.
        evaluation_batch: samples that are evaluated at once; if None, as many as `at_once` finds safe.
    """

    target: Tensor
    transforms: Mapping[str, Transform]
    places: Tensor | None
    evaluation_batch: int | None

    def __len__(self) -> int:
        return len(self.target)

    @property
    @abstractmethod
    def modalities(self) -> tuple[str, ...]:
        """Names, in the benchmark's order."""

    @abstractmethod
    def stored_shape(self, modality: str) -> Shape:
        """Shape of one sample as it is stored."""

    @abstractmethod
    def present(self, modality: str) -> Tensor | None:
        """Which samples have the modality, (N,) of bool on the device; None where all have."""

    @abstractmethod
    def part(self, index: Tensor) -> Self:
        """The samples at the positions `index`, (N',), as a split of their own."""
        return self._with(target=self.target[index], places=self._whence(index))

    @abstractmethod
    def to(self, device: torch.device | str) -> Self:
        """The same samples, with batches on `device`."""
        places = None if self.places is None else self.places.to(device)
        return self._with(target=self.target.to(device), places=places)

    def labelled(self, target: Tensor) -> Self:
        """The same samples with another `target`, (N,)."""
        return self._with(target=target)

    def evaluated_by(self, size: int | None) -> Self:
        """The same samples, evaluated `size` at once."""
        return self._with(evaluation_batch=size)

    def _with(self, **changes: Any) -> Self:
        # The kinds of splits are dataclasses; as one itself this one would come first among their fields.
        changed: Self = replace(cast(Any, self), **changes)
        return changed

    @property
    @abstractmethod
    def _clips(self) -> Mapping[str, Clips]:
        """What is stored as clips, by modality."""

    @abstractmethod
    def _stored(self, index: Tensor, draws: Draws = NONE) -> Stored:
        """The samples at the positions `index`, (B,), on the device; their frames by `draws`, if any."""

    def _ahead(self, order: Iterable[Tensor], draws: Draws) -> Generator[tuple[Tensor, Stored]]:
        """For each of `order`'s positions, (B,): they and their samples."""
        for index in order:
            yield index, self._stored(index, draws)

    def shape(self, modality: str) -> Shape:
        """Shape of one sample of `modality` in a batch, without the first dimension."""
        stored = self.stored_shape(modality)
        return self.transforms[modality].shape(stored) if modality in self.transforms else stored

    @property
    def at_once(self) -> int:
        """Samples in a batch of an evaluation; fewer where they are large."""
        if self.evaluation_batch is not None:
            return self.evaluation_batch
        shapes = (self.shape(modality) for modality in self.modalities)
        parts = (shape.values() if isinstance(shape, Mapping) else [shape] for shape in shapes)
        size = 4 * sum(math.prod(shape) for each in parts for shape in each)
        return min(EVALUATION_BATCH, max(1, EVALUATION_BYTES // max(size, 1)))

    def batch(self, index: Tensor) -> Batch:
        """The clean view of the samples at the positions `index`, (B,)."""
        inputs = {m: self._shown(m, values) for m, values in self._stored(index).items()}
        return Batch(inputs, self.target.index_select(0, index), index)

    def batches(self, size: int) -> Iterator[Batch]:
        """The clean view of all samples in order, `size` at a time."""
        for start in range(0, len(self), size):
            stop = min(start + size, len(self))
            yield self.batch(torch.arange(start, stop, device=self.target.device))

    def stream(self, order: Iterable[Tensor], seed: int, epoch: int) -> Iterator[Batch]:
        """The training view of an epoch's samples, a batch for each of `order`'s positions (B,).

        A sample's augmentation depends on seed, epoch and its place in the split alone: not on the batch that
        it is in, the method, the number of readers or an interruption.
        """
        widths = {m: transform.draws for m, transform in self.transforms.items() if transform.draws}
        draws = self._draws(seed, "augment", epoch, widths)
        frames = self._draws(seed, "frames", epoch, {m: clips.taken for m, clips in self._clips.items()})
        with closing(self._ahead(order, frames)) as ahead:
            for index, stored in ahead:
                inputs = {m: self._shown(m, values, draws.get(m), index) for m, values in stored.items()}
                yield Batch(inputs, self.target.index_select(0, index), index)

    def _shown(
        self, modality: str, stored: Values, draws: Tensor | None = None, index: Tensor | None = None
    ) -> Values:
        if modality not in self.transforms:
            return stored
        transform = self.transforms[modality]
        return transform.clean(stored) if draws is None else transform.augmented(stored, draws[index])

    def _draws(self, seed: int, purpose: str, epoch: int, widths: Mapping[str, int]) -> Draws:
        """Every sample's random numbers of the epoch, as many as `widths` says by modality."""
        if not widths:
            return NONE
        rows = len(self) if self.places is None else int(self.places.max()) + 1
        tables = {
            m: torch.rand(rows, width, generator=stream(seed, purpose, m, epoch))
            for m, width in widths.items()
        }
        own = {m: table.to(self.target.device) for m, table in tables.items()}
        return own if self.places is None else {m: table[self.places] for m, table in own.items()}

    def _whence(self, index: Tensor) -> Tensor:
        """Places of the samples at the positions `index`."""
        return index if self.places is None else self.places[index]


@dataclass(frozen=True)
class Held(Split):
    """A split in the memory of the device.

    Attributes:
        inputs: what is stored, by modality: a tensor or clips, or several by name; first dimension N.
        target: class indices, (N,), int64.
        transforms: by modality; one without is stored as float32.
        places: see `Split`.
    """

    inputs: Mapping[str, Any]
    target: Tensor
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    places: Tensor | None = None
    evaluation_batch: int | None = None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names, in the benchmark's order."""
        return tuple(self.inputs)

    def stored_shape(self, modality: str) -> Shape:
        """Shape of one sample as it is stored."""
        return shape_of(self.inputs[modality])

    def present(self, modality: str) -> Tensor | None:
        """Which samples have the modality, (N,) of bool on the device; None where all have."""
        return cast(Tensor | None, present_in(self.inputs[modality]))

    def part(self, index: Tensor) -> Self:
        """The samples at the positions `index`, (N',), as a split of their own."""
        inputs = {m: on_each(values, lambda x: _part(x, index)) for m, values in self.inputs.items()}
        return replace(super().part(index), inputs=inputs)

    def to(self, device: torch.device | str) -> Self:
        """The same samples on `device`."""
        inputs = {m: on_each(values, lambda x: x.to(device)) for m, values in self.inputs.items()}
        return replace(super().to(device), inputs=inputs)

    @property
    def _clips(self) -> Mapping[str, Clips]:
        return clips_in(self.inputs)

    def _stored(self, index: Tensor, draws: Draws = NONE) -> Stored:
        def selected(modality: str) -> Values:
            own = draws[modality][index] if modality in draws else None

            def select(stored: Tensor | Clips) -> Tensor:
                return stored.view(index, own) if isinstance(stored, Clips) else stored.index_select(0, index)

            return on_each(self.inputs[modality], select)

        return {modality: selected(modality) for modality in self.inputs}


def _part(stored: Tensor | Clips, index: Tensor) -> Tensor | Clips:
    return stored.part(index) if isinstance(stored, Clips) else stored.index_select(0, index)


def clips_in(stored: Mapping[str, Any]) -> dict[str, Clips]:
    """The clips among what is stored, by modality; those of one modality are taken alike."""
    parts = {m: values.values() if isinstance(values, Mapping) else [values] for m, values in stored.items()}
    return {m: each for m, values in parts.items() for each in values if isinstance(each, Clips)}


def shape_of(values: Any) -> Shape:
    """Shape of one sample of a tensor or an array (N, ...), or of each of several by name."""
    if isinstance(values, Mapping):
        return {name: tuple(each.shape[1:]) for name, each in values.items()}
    return tuple(values.shape[1:])


@dataclass(frozen=True)
class Data:
    """A benchmark's three splits as a run reads them.

    Attributes:
        classes: class names, in the order of their indices.
        ids: of the samples in their data set, (N,) by split, int64; empty where a benchmark states none.
    """

    classes: tuple[str, ...]
    train: Split
    val: Split
    test: Split
    ids: Mapping[str, Tensor] = field(default_factory=dict)

    def shape(self, modality: str) -> Shape:
        """Shape of one sample of `modality` in a batch, without the first dimension."""
        return self.train.shape(modality)

    def to(self, device: torch.device | str) -> "Data":
        """The same splits with batches on `device`."""
        train, val, test = (split.to(device) for split in (self.train, self.val, self.test))
        return replace(self, train=train, val=val, test=test)
