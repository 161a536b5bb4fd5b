"""Features of segments of videos in one pickle, as the field shares those of CMU-MOSI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inforeg.data.pickles import read_pickle
from inforeg.data.sequences import spans, to_front
from inforeg.errors import UserError

PARTS = ("train", "valid", "test")
MODALITIES = ("text", "audio", "vision")


@dataclass(frozen=True)
class Segments:
    """Some of a file.

    Attributes:
        names: N, each once.
        sentiment: from -3 to 3, (N,), float32.
        features: by modality, (N, steps, channels), float32, with 0 for what is not finite.
        lengths: by modality as far as the file states them, (N,), int64.
        not_finite: by modality, how many values were not.
    """

    names: tuple[str, ...]
    sentiment: NDArray[np.float32]
    features: dict[str, NDArray[np.float32]]
    lengths: dict[str, NDArray[np.int64]]
    not_finite: dict[str, int]


def read(path: Path) -> dict[str, Segments]:
    """The segments in the pickle at `path` by part, once each of them is what it should be."""
    content = read_pickle(path)
    parts = {}
    for part in PARTS:
        found = content.get(part) if isinstance(content, dict) else None
        if not isinstance(found, dict):
            raise UserError(f"{path} has no part {part!r}; it must hold train, valid and test, a dict each.")
        parts[part] = _segments(found, f"{part} of {path}")
    seen: dict[str, str] = {}
    for part, segments in parts.items():
        for name in segments.names:
            if name in seen:
                raise UserError(
                    f"{path} has the segment {name!r} twice, in {seen[name]} and in {part}; give a file that "
                    "has each once."
                )
            seen[name] = part
    return parts


def _segments(content: Mapping[str, Any], where: str) -> Segments:
    for key in (*MODALITIES, "labels", "id"):
        if key not in content:
            raise UserError(f"{where} has no {key!r}; it must hold {', '.join(MODALITIES)}, labels and id.")
    names, labels = _names(content["id"], f"{where} has an id"), _array(content["labels"])
    if labels.shape in ((len(names), 1), (len(names), 1, 1)):
        labels = labels.reshape(len(names))
    sentiment = _numbers(labels, f"{where} has labels", (len(names),)).astype(np.float32)
    for i in np.flatnonzero(~(np.abs(sentiment) <= 3))[:1]:
        raise UserError(
            f"{where} gives the segment {names[i]!r} the label {sentiment[i]:g}; it must be from -3 to 3."
        )
    features, lengths, not_finite = {}, {}, {}
    for m in MODALITIES:
        values = _numbers(content[m], f"{where} has {m}", (len(names), "steps", "channels"))
        features[m], not_finite[m] = _finite(values)
        if f"{m}_lengths" in content:
            lengths[m] = _lengths(content[f"{m}_lengths"], f"{where} has {m}_lengths", values.shape[:2])
    return Segments(names, sentiment, features, lengths, not_finite)


def _names(ids: Any, what: str) -> tuple[str, ...]:
    """A text of each id, which may be of several parts."""
    try:
        return tuple(" ".join(map(_text, np.ravel(each).tolist())) for each in ids)
    except (TypeError, ValueError):
        raise UserError(f"{what} that is no list of names; give another file.") from None


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _numbers(value: Any, what: str, shape: tuple[int | str, ...]) -> NDArray[Any]:
    """`value` as an array of numbers of the `shape`, in which a name stands for any length but 0."""
    array = _array(value)
    fits = len(array.shape) == len(shape) and all(
        have == want if isinstance(want, int) else have > 0
        for have, want in zip(array.shape, shape, strict=True)
    )
    if array.dtype.kind not in "fiu" or not fits:
        wanted = ", ".join(map(str, shape)) + "," * (len(shape) == 1)
        raise UserError(
            f"{what} of {array.dtype} and the shape {array.shape}, not numbers of the shape ({wanted}); give "
            "another file."
        )
    return array


def _array(value: Any) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError:  # lists of different lengths
        return np.empty(0, object)


def _finite(values: NDArray[Any]) -> tuple[NDArray[np.float32], int]:
    """In float32, with 0 for what is not finite there, and how many that are."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    finite = np.isfinite(single)
    return np.where(finite, single, np.float32(0)), int((~finite).sum())


def _lengths(value: Any, what: str, shape: tuple[int, int]) -> NDArray[np.int64]:
    lengths = _numbers(value, what, shape[:1]).astype(np.int64)
    if ((lengths < 0) | (lengths > shape[1])).any():
        raise UserError(f"{what} from {lengths.min()} to {lengths.max()}; there are {shape[1]} steps.")
    return lengths


def together(parts: Sequence[Segments], where: str) -> Segments:
    """All segments of the `parts`, padded to the longest."""
    features, lengths = {}, {}
    for m in MODALITIES:
        found = [each.features[m] for each in parts]
        if len(widths := {values.shape[2] for values in found}) > 1:
            raise UserError(
                f"{where} has {m} of {' and of '.join(map(str, sorted(widths)))} channels; give a file with "
                "the same in all parts."
            )
        steps = max(values.shape[1] for values in found)
        features[m] = np.concatenate(
            [np.pad(values, ((0, 0), (0, steps - values.shape[1]), (0, 0))) for values in found]
        )
        if all(m in each.lengths for each in parts):
            lengths[m] = np.concatenate([each.lengths[m] for each in parts])
    return Segments(
        tuple(name for each in parts for name in each.names),
        np.concatenate([each.sentiment for each in parts]),
        features,
        lengths,
        {m: sum(each.not_finite[m] for each in parts) for m in MODALITIES},
    )


def aligned(segments: Segments) -> bool:
    """Whether the modalities go word by word: equally many steps, and no lengths of their own."""
    return not segments.lengths and len({values.shape[1] for values in segments.features.values()}) == 1


def from_the_front(segments: Segments) -> Segments:
    """The same without padding before the first step, and with all lengths.

    Padding are the steps of zeros at either end, of all modalities at once where they are `aligned`; by a
    length that is stated, what comes after it.
    """
    present = {m: (values != 0).any(2) for m, values in segments.features.items()}
    if aligned(segments):
        present = dict.fromkeys(MODALITIES, np.any(list(present.values()), axis=0))
    features, lengths = {}, {}
    for m, values in segments.features.items():
        first, length = spans(present[m])
        if m in segments.lengths:
            first, length = np.zeros_like(first), segments.lengths[m]
        features[m], lengths[m] = to_front(values, first, length), length
    return Segments(segments.names, segments.sentiment, features, lengths, segments.not_finite)
