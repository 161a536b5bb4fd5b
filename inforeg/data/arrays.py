"""Arrays on disk and on their way to tensors."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inforeg.batch import on_each
from inforeg.data.clips import Clips
from inforeg.data.mapped import Array, Mapped
from inforeg.data.split import Data, Held, Split
from inforeg.data.transforms import Transform
from inforeg.errors import UserError
from inforeg.files import write_bytes
from inforeg.random import numpy_stream


def write(folder: Path, **arrays: NDArray[Any]) -> None:
    """Store each array as `folder`/<name>.npy."""
    for name, values in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
        write_bytes(folder / f"{name}.npy", buffer.getvalue())


def read(folder: Path, name: str) -> NDArray[Any]:
    """The array stored as `folder`/<name>.npy; a `UserError` if there is none or it cannot be read."""
    path = folder / f"{name}.npy"
    with _readable(path), path.open("rb") as file:
        values = np.load(file, allow_pickle=False)
    if not isinstance(values, np.ndarray):  # an archive of arrays
        raise UserError(f"{path} holds no single array; {AGAIN}.")
    return values


def mapped(folder: Path, name: str) -> NDArray[Any]:
    """The same, left in its file and read where it is asked for."""
    path = folder / f"{name}.npy"
    with _readable(path):
        return np.lib.format.open_memmap(path, mode="r")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {AGAIN}.") from None
    except OSError:
        raise
    except Exception as error:  # NumPy evaluates the header, so anything may come of a damaged one
        raise UserError(f"{path} cannot be read ({_first_line(error)}); {AGAIN}.") from None


AGAIN = "fetch or prepare the data set again"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def standardised(
    values: NDArray[Any], train: NDArray[Any], axis: int | tuple[int, ...] | None = 0
) -> NDArray[np.float32]:
    """`values` with the mean and standard deviation of `train` over `axis` made 0 and 1.

    What does not vary in `train` becomes its difference from the mean.
    """
    reference = train.astype(np.float64)
    mean, deviation = reference.mean(axis, keepdims=True), reference.std(axis, keepdims=True)
    scale = np.where(deviation > 0, deviation, 1)
    scaled: NDArray[np.float32] = ((values - mean) / scale).astype(np.float32)
    return scaled


def noise(shape: tuple[int, ...], deviation: float, *names: str) -> NDArray[np.float32]:
    """N(0, deviation²), float32: the benchmark's own, the same for every training seed."""
    draws = numpy_stream(None, "noise", *names).standard_normal(shape, dtype=np.float32)
    return draws * np.float32(deviation)


def assembled(
    classes: tuple[str, ...],
    inputs: Mapping[str, NDArray[Any] | Mapping[str, NDArray[Any]]],
    target: NDArray[Any],
    parts: Mapping[str, NDArray[np.int64]],
    ids: NDArray[np.int64] | None = None,
) -> Data:
    """The three splits out of all N samples.

    Args:
        classes: class names, in the order of their indices.
        inputs: (N, ...) by modality, or several by name.
        target: class indices, (N,).
        parts: positions of each split's samples.
        ids: by which predictions name the samples, (N,); if None, their positions.
    """

    def split(positions: NDArray[np.int64]) -> Split:
        def chosen(values: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values[positions]))

        return Held({m: on_each(x, chosen) for m, x in inputs.items()}, _labels(target, positions))

    return _divided(classes, parts, split, ids)


def streamed(
    classes: tuple[str, ...],
    stored: Mapping[str, Array | Clips | Mapping[str, Array | Clips]],
    target: NDArray[Any],
    parts: Mapping[str, NDArray[np.int64]],
    transforms: Mapping[str, Transform],
) -> Data:
    """The three splits out of all N samples, which stay in their files until they are asked for.

    Args:
        classes: class names, in the order of their indices.
        stored: (N, ...) by modality, or several by name, each `mapped`, or clips over a `mapped` array.
        target: class indices, (N,).
        parts: positions of each split's samples.
        transforms: of what is stored, by modality; one without is stored as float32.
    """

    def split(positions: NDArray[np.int64]) -> Split:
        return Mapped(stored, positions, _labels(target, positions), transforms)

    return _divided(classes, parts, split)


def _labels(target: NDArray[Any], positions: NDArray[np.int64]) -> Tensor:
    if not np.issubdtype(target.dtype, np.integer):
        raise TypeError(f"the target is {target.dtype}; it must be integers, the positions in `classes`")
    return torch.from_numpy(target[positions].astype(np.int64))


def _divided(
    classes: tuple[str, ...],
    parts: Mapping[str, NDArray[np.int64]],
    split: Callable[[NDArray[np.int64]], Split],
    ids: NDArray[np.int64] | None = None,
) -> Data:
    named = {part: positions if ids is None else ids[positions] for part, positions in parts.items()}
    return Data(
        classes,
        **{part: split(positions) for part, positions in parts.items()},
        ids={part: torch.from_numpy(names) for part, names in named.items()},
    )
