"""A split that stays in its files: read by the batch, ahead of the training."""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inforeg.batch import Shape, Values, on_each
from inforeg.data.split import Held, Split, Stored, shape_of
from inforeg.data.transforms import Transform

Array = NDArray[Any]


@dataclass(frozen=True)
class Mapped(Split):
    """A split of memory-mapped arrays, which hold the samples of all splits.

    Rows are gathered by reader threads (into pinned memory where the device is CUDA) and copied to the
    device as they are stored, without blocking; the transforms run there.

    Attributes:
        arrays: what is stored, by modality: an array, or several by name; memory-mapped.
        rows: where each sample is in the arrays, (N,).
        target: class indices, (N,), int64, on the device on which batches are.
        transforms: by modality; one without is stored as float32.
        places: see `Split`.
        readers: threads that read ahead; with 0 the training reads for itself.
    """

    arrays: Mapping[str, Array | Mapping[str, Array]]
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
        return sum(
            len(self) * array[:1].nbytes
            for values in self.arrays.values()
            for array in _arrays(values).values()
        )

    def stored_shape(self, modality: str) -> Shape:
        """Shape of one sample as it is stored."""
        return shape_of(self.arrays[modality])

    def part(self, index: Tensor) -> Self:
        """The samples at the positions `index`, (N',), as a split of their own."""
        return replace(super().part(index), rows=self.rows[index.cpu().numpy()])

    def to(self, device: torch.device | str) -> Self:
        """The same files, with batches on `device`."""
        return super().to(device)

    def held(self) -> Held:
        """The same samples in the memory of the device, as they are stored."""
        everything = torch.arange(len(self), device=self.target.device)
        stored = self._stored(everything)
        return Held(stored, self.target, self.transforms, self.places, self.evaluation_batch)

    def _stored(self, index: Tensor) -> Stored:
        return self._moved(self._gathered(index.cpu().numpy()))

    def _ahead(self, order: Iterable[Tensor]) -> Generator[tuple[Tensor, Stored]]:
        if not self.readers:
            yield from super()._ahead(order)
            return
        ordered = list(order)
        # All at once: a copy from the device amid the training would wait for what is queued there.
        waiting = iter([index.cpu().numpy() for index in ordered])
        pool = ThreadPoolExecutor(self.readers, "reader")
        try:
            underway = deque(pool.submit(self._gathered, rows) for rows in islice(waiting, self.readers + 1))
            for index in ordered:
                stored = underway.popleft().result()
                underway.extend(pool.submit(self._gathered, rows) for rows in islice(waiting, 1))
                yield index, self._moved(stored)
        finally:
            pool.shutdown(cancel_futures=True)

    def _gathered(self, index: NDArray[np.int64]) -> Stored:
        """The samples at the positions `index`, (B,), in the memory of the host."""
        rows = self.rows[index]
        gathered: dict[str, Values] = {}
        for modality, values in self.arrays.items():
            tensors = {name: self._copied(array, rows) for name, array in _arrays(values).items()}
            gathered[modality] = tensors if isinstance(values, Mapping) else tensors[""]
        return gathered

    def _copied(self, array: Array, rows: NDArray[np.int64]) -> Tensor:
        dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
        pinned = self.target.device.type == "cuda"  # elsewhere there is no such memory
        copy = torch.empty((len(rows), *array.shape[1:]), dtype=dtype, pin_memory=pinned)
        # "clip" writes into `out` without a buffer in between; the rows are known to be in the array.
        np.take(array, rows, axis=0, out=copy.numpy(), mode="clip")
        return copy

    def _moved(self, stored: Stored) -> Stored:
        device = self.target.device
        return {m: on_each(values, lambda x: x.to(device, non_blocking=True)) for m, values in stored.items()}


def _arrays(values: Array | Mapping[str, Array]) -> Mapping[str, Array]:
    return values if isinstance(values, Mapping) else {"": values}
