"""A split that stays in its files: read by the batch, ahead of the training."""

import ctypes
import math
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inforeg.batch import Shape, Values, on_each, present_in, several
from inforeg.data.ahead import ahead
from inforeg.data.clips import Clips
from inforeg.data.split import NONE, Draws, Held, Split, Stored, clips_in, shape_of
from inforeg.data.transforms import Transform

Array = NDArray[Any]
LARGE = 1 << 20
"""Bytes of a batch from which on it has pages of its own."""
RELEASED = 1 << 29
"""Bytes read between two calls of `release`: what batches are turned into leaves holes in the heap too."""


@dataclass(frozen=True)
class Mapped(Split):
    """A split of memory-mapped arrays, which hold the samples of all splits.

    Rows are gathered by reader threads (into pinned memory where the device is CUDA) and copied to the
    device as they are stored, without blocking; the transforms run there.

    Attributes:
        arrays: what is stored, by modality: an array or clips, or several by name; memory-mapped.
        rows: where each sample is in the arrays, (N,).
        target: class indices, (N,), int64, on the device on which batches are.
        transforms: by modality; one without is stored as float32.
        places: see `Split`.
        readers: threads that read ahead; with 0 the training reads for itself.
    """

    arrays: Mapping[str, Any]
    rows: NDArray[np.int64]
    target: Tensor
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    places: Tensor | None = None
    evaluation_batch: int | None = None
    readers: int = 1

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names, in the benchmark's order."""
        return tuple(self.arrays)

    @property
    def stored_bytes(self) -> int:
        """What all samples take as they are stored."""
        arrays = [array for values in self.arrays.values() for array in several(values)]
        return sum(
            array.frames[:1].nbytes * int(array.count.numpy()[self.rows].sum())
            if isinstance(array, Clips)
            else len(self) * array[:1].nbytes
            for array in arrays
        )

    def stored_shape(self, modality: str) -> Shape:
        """Shape of one sample as it is stored."""
        return shape_of(self.arrays[modality])

    def present(self, modality: str) -> Tensor | None:
        """Which samples have the modality, (N,) of bool on the device; None where all have."""
        found = present_in(self.arrays[modality])
        return None if found is None else self._moved(self._copied(found, self.rows))

    def part(self, index: Tensor) -> Self:
        """The samples at the positions `index`, (N',), as a split of their own."""
        return replace(super().part(index), rows=self.rows[index.cpu().numpy()])

    def to(self, device: torch.device | str) -> Self:
        """The same files, with batches on `device`."""
        return super().to(device)

    def held(self) -> Held:
        """The same samples in the memory of the device, as they are stored."""

        def kept(array: Array | Clips) -> Tensor | Clips:
            if not isinstance(array, Clips):
                return self._moved(self._copied(array, self.rows))
            frames = self._moved(self._copied(array.frames, array.every(self.rows)))
            count = array.count[torch.from_numpy(self.rows)]
            first = count.cumsum(0) - count
            return replace(array, frames=frames, first=self._moved(first), count=self._moved(count))

        inputs = {m: on_each(values, kept) for m, values in self.arrays.items()}
        return Held(inputs, self.target, self.transforms, self.places, self.evaluation_batch)

    @property
    def _clips(self) -> Mapping[str, Clips]:
        return clips_in(self.arrays)

    def _stored(self, index: Tensor, draws: Draws = NONE) -> Stored:
        return self._on_device(self._gathered(index.cpu(), draws))

    def _ahead(self, order: Iterable[Tensor], draws: Draws) -> Generator[tuple[Tensor, Stored]]:
        own = {modality: table.cpu() for modality, table in draws.items()}
        if not self.readers:
            yield from super()._ahead(order, own)
            return
        ordered = list(order)
        # All at once: a copy from the device amid the training would wait for what is queued there.
        waiting = [index.cpu() for index in ordered]
        read = 0
        with closing(ahead(lambda index: self._gathered(index, own), waiting, self.readers)) as found:
            for index, stored in zip(ordered, found, strict=True):
                if (read := read + size(stored)) > RELEASED:
                    release()
                    read = 0
                yield index, self._on_device(stored)

    def _gathered(self, index: Tensor, draws: Draws) -> Stored:
        """The samples at the positions `index`, (B,), in the memory of the host."""
        rows = self.rows[index.numpy()]

        def gathered(modality: str) -> Values:
            own = draws[modality][index] if modality in draws else None

            def read(array: Array | Clips) -> Tensor:
                if not isinstance(array, Clips):
                    return self._copied(array, rows)
                places = array.places(torch.from_numpy(rows), own)
                return self._copied(array.frames, places.numpy().ravel()).view(-1, *array.shape[1:])

            return on_each(self.arrays[modality], read)

        return {modality: gathered(modality) for modality in self.arrays}

    def _copied(self, array: Array, rows: NDArray[np.int64]) -> Tensor:
        dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
        pinned = self.target.device.type == "cuda"  # elsewhere there is no such memory
        copy = room((len(rows), *array.shape[1:]), dtype, pinned=pinned)
        # "clip" writes into `out` without a buffer in between; the rows are known to be in the array.
        np.take(array, rows, axis=0, out=copy.numpy(), mode="clip")
        return copy

    def _on_device(self, stored: Stored) -> Stored:
        return {m: on_each(values, self._moved) for m, values in stored.items()}

    def _moved(self, values: Tensor) -> Tensor:
        return values.to(self.target.device, non_blocking=True)


def room(shape: tuple[int, ...], dtype: torch.dtype, *, pinned: bool) -> Tensor:
    """An unset tensor for a batch as it is stored.

    Large ones are pages of their own, which go back to the system with the tensor. Taken from the heap by one
    thread and given back by another, they leave it in pieces, and it grows with the number of batches.
    """
    total = math.prod(shape) * dtype.itemsize
    if pinned or total < LARGE:
        return torch.empty(shape, dtype=dtype, pin_memory=pinned)
    return torch.frombuffer(mmap(-1, total, flags=MAP_PRIVATE | MAP_ANONYMOUS), dtype=dtype).view(shape)


def size(stored: Stored) -> int:
    """Bytes of a batch as it is stored."""
    return sum(tensor.nbytes for values in stored.values() for tensor in several(values))


def release() -> None:
    """Give free memory inside the heap back to the system, where the C library can (glibc)."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
