"""What a plug-in loads is data that can be trained on, or there is one sentence that says why not."""

import inspect
import logging
import math
import traceback
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inforeg.batch import PRESENT, Values
from inforeg.data import splits
from inforeg.data.base import Dataset
from inforeg.data.mapped import Mapped
from inforeg.data.split import Data, Held, Split
from inforeg.errors import UserError, said

log = logging.getLogger(__name__)


@contextmanager
def blaming(dataset: Dataset, action: str) -> Iterator[None]:
    """Turn whatever goes wrong in the data set's `action` into one sentence with the place in its file."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise  # of the file system, not of the plug-in
        file = Path(inspect.getfile(type(dataset)))
        lines = [
            each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(file)
        ]
        place = f"{file.name}, line {lines[-1]}" if lines else file.name
        raise UserError(
            f"{action}() of the data set {dataset.name!r} fails ({said(error)}; {place}); check its "
            "options, or mend it there."
        ) from error


def loaded(dataset: Dataset, folder: Path, name: str | None = None, modalities: Collection[str] = ()) -> Data:
    """The data set's samples from its prepared `folder`, fit for training.

    Args:
        dataset: with its options.
        folder: as `prepare` made it.
        name: of the configured benchmark, for messages; by default the data set's.
        modalities: that the data must have.

    Raises:
        UserError: `load` fails, or gives what cannot be trained on.
    """
    with blaming(dataset, "load"):
        splits.stored(folder)
        data = dataset.load(folder)
        check(data, name or dataset.name, modalities)
    for sentence in repeated(data):
        log.warning("The benchmark %r: %s.", name or dataset.name, sentence)
    return data


def check(data: Any, name: str, modalities: Collection[str] = ()) -> None:
    """Raise a `UserError` unless `data` are splits of samples that can be trained on.

    Each split holds, for the `modalities` and all others, finite float32 of one shape a sample, and as many
    labels, int64, of at least two of the classes; the training split has them all.

    Args:
        data: what `load` gave.
        name: of the benchmark.
        modalities: that must be there.
    """
    if not isinstance(data, Data):
        raise UserError(f"load() of the benchmark {name!r} gives {_kind(data)}; it must give Data.")
    parts = {part: getattr(data, part) for part in splits.PARTS}
    for part, split in parts.items():
        complaint = _complaint(split, data, modalities)
        if complaint:
            raise UserError(
                f"The {part} split of the benchmark {name!r} {complaint}; mend its options or load()."
            )
        ids = data.ids.get(part, split.target)
        if not isinstance(ids, Tensor) or ids.dtype != torch.int64 or ids.shape != split.target.shape:
            raise UserError(
                f"The ids of the {part} split of the benchmark {name!r} are not int64 of the shape "
                f"({len(split)},), one a sample; mend load()."
            )
    classes = torch.bincount(data.train.target, minlength=len(data.classes))
    for absent in (classes == 0).nonzero()[:1].flatten().tolist():
        raise UserError(
            f"The train split of the benchmark {name!r} has no sample of the class {data.classes[absent]!r}; "
            "divide the samples anew, or leave the class out."
        )


def _complaint(split: Any, data: Data, modalities: Collection[str]) -> str | None:
    """What is wrong with `split`, as the rest of a sentence."""
    if not isinstance(split, Split) or (isinstance(split, Held) and not isinstance(split.inputs, Mapping)):
        return f"is {_kind(split)}, not a Split with inputs by modality"
    about_target = _about_target(split.target, len(data.classes))
    if about_target:
        return about_target
    for modality in (*modalities, *data.train.modalities):
        if modality not in split.modalities:
            return f"lacks the modality {modality!r}"
    for modality in split.modalities:
        if modality not in data.train.modalities:
            return f"has the modality {modality!r}, which the train split lacks"
    # All as they are stored before any is shown: a batch reads them together.
    for complaint in (_about_stored, partial(_about_shown, train=data.train)):
        for modality in split.modalities:
            if about_values := complaint(split, modality):
                return f"has for the modality {modality!r} {about_values}"
    return None


def _about_target(target: Any, classes: int) -> str | None:
    """What is wrong with the labels of a split."""
    if not isinstance(target, Tensor):
        return f"has {_kind(target)} for a target, not a tensor"
    if target.dtype != torch.int64 or target.ndim != 1:
        return f"has a target of {_described(target)}, not int64 of the shape (N,), one class index a sample"
    if not len(target):
        return "is empty"
    for sample in ((target < 0) | (target >= classes)).nonzero()[:1].flatten().tolist():
        return (
            f"gives its sample {sample} the label {int(target[sample])}, which is none of 0 to {classes - 1}"
        )
    if (target == target[0]).all():
        return "has samples of one class only"
    return None


def _about_stored(split: Split, modality: str) -> str | None:
    """What is wrong with one modality of a split as it is stored."""
    if isinstance(split, Mapped):
        arrays = split.arrays[modality]
        columns = arrays.values() if isinstance(arrays, Mapping) else [arrays]
        if any(len(array) <= split.rows.max() for array in columns):
            return f"{min(map(len, columns))} samples, but its last one is row {split.rows.max()}"
        return None
    if not isinstance(split, Held):
        return None
    values = split.inputs[modality]
    if isinstance(values, Mapping):
        complaints = (
            _about_present(each, len(split)) if name == PRESENT else _about_tensor(each, len(split), None, 1)
            for name, each in values.items()
        )
        return next(filter(None, complaints), None)
    return _about_tensor(values, len(split), None if modality in split.transforms else torch.float32, 2)


def _about_tensor(values: Any, samples: int, dtype: torch.dtype | None, fewest: int) -> str | None:
    """What is wrong with a tensor of `samples`; any `dtype` will do if it is None.

    It has at least the `fewest` dimensions: a number a sample is only beside others, such as a length.
    """
    if not isinstance(values, Tensor):
        return f"{_kind(values)}, not a tensor"
    if dtype not in (None, values.dtype) or values.layout != torch.strided or values.ndim < fewest:
        return f"{_described(values)}, not float32 of a shape (N, ...)"
    if len(values) != samples:
        return f"{len(values)} samples, but {samples} labels"
    return None


def _about_present(values: Any, samples: int) -> str | None:
    """What is wrong with the flags of which samples have a modality."""
    if not isinstance(values, Tensor) or (values.dtype, values.shape) != (torch.bool, (samples,)):
        found = _described(values) if isinstance(values, Tensor) else _kind(values)
        return f"{found} under {PRESENT!r}, not bool of the shape ({samples},), one a sample"
    return None if values.any() else f"no sample that is {PRESENT}"


def _about_shown(split: Split, modality: str, train: Split) -> str | None:
    """What is wrong with the samples as a model is given them; of files, with the first ones.

    Files are looked at whole when they are prepared, and are what data.dvc pins.
    """
    shape, expected = split.shape(modality), train.shape(modality)
    if shape != expected or not math.prod(shape if isinstance(shape, tuple) else (1,)):
        return f"samples of the shape {shape}, in train of {expected}"
    whole = isinstance(split, Held) and modality not in split.transforms
    index = torch.arange(len(split) if whole else min(len(split), FIRST), device=split.target.device)
    values = split.batch(index).inputs[modality]
    if not isinstance(values, Mapping) and (values.dtype, values.shape[1:]) != (torch.float32, shape):
        return f"{_described(values)} in a batch, not float32 of a shape {('B', *shape)}"
    for tensor in _tensors(values):
        wrong = tensor.isfinite().reshape(len(tensor), -1).all(1).logical_not().nonzero()
        if len(wrong):
            return f"a number that is not finite, first in its sample {int(wrong[0])}"
    return None


FIRST = 16
"""Samples of which a job looks at what the transforms make."""


def repeated(data: Data, parts: Collection[str] = splits.PARTS) -> list[str]:
    """A clause for each pair of the splits `parts` that share samples, the same in all modalities."""
    seen: dict[bytes, tuple[str, int]] = {}
    counts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for part in parts:
        for sample, digest in enumerate(_digests(getattr(data, part))):
            other, twin = seen.setdefault(digest, (part, sample))
            if other != part:
                counts.setdefault((part, other), []).append((sample, twin))
    return [
        f"{len(pairs)} samples of the {part} split are in the {other} split as well, first {part} sample "
        f"{pairs[0][0]} as {other} sample {pairs[0][1]}"
        for (part, other), pairs in counts.items()
    ]


def _digests(split: Split) -> Iterator[bytes]:
    """A hash of each sample over all its modalities; none of mapped files, which are too large to compare."""
    if not isinstance(split, Held):
        return
    columns = [
        tensor.reshape(len(tensor), -1).numpy()
        for _, values in sorted(split.inputs.items())
        for tensor in _tensors(values)
    ]
    for rows in zip(*columns, strict=True):
        digest = blake2b(digest_size=16)
        for row in rows:
            digest.update(row.tobytes())
        yield digest.digest()


def _tensors(values: Values) -> list[Tensor]:
    """The one tensor of a modality, or its several."""
    return [values] if isinstance(values, Tensor) else list(values.values())


def _described(values: Tensor) -> str:
    return f"{str(values.dtype).removeprefix('torch.')} of the shape {tuple(values.shape)}"


def _kind(value: object) -> str:
    return f"an object of the type {type(value).__name__}"
