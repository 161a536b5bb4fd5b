"""watch: shoulder exercises felt by a smartwatch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.pickles import read_pickled
from inforeg.data.sources import Distribution, Source
from inforeg.registry import OPTIONS

WINDOW, STRIDE = 128, 64  # steps at 50 Hz
PEOPLE = 10
SUBJECTS: Mapping[str, Sequence[int]] = {"train": range(1, 7), "val": range(7, 9), "test": range(9, 11)}

_SERIES = Distribution(
    package="seglearn",
    version="1.2.5",
    sha256="ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
    members=("seglearn/data/watch_dataset.npy",),
)


def left_out(fold: int) -> Mapping[str, Sequence[int]]:
    """Who is in which part where the subject `fold` is tested on."""
    tested, *others = ((fold - 1 + place) % PEOPLE + 1 for place in range(PEOPLE))
    return {"train": others[2:], "val": others[:2], "test": [tested]}


def _parts(subject: NDArray[Any], people: Mapping[str, Sequence[int]]) -> splits.Parts:
    """The windows of the `people` of each part; `subject`, (N,), says whose each window is."""
    return {part: np.flatnonzero(np.isin(subject, list(who))) for part, who in people.items()}


@dataclass(frozen=True, config=OPTIONS)
class Watch(Dataset):
    """Seven shoulder exercises of ten people, in windows of 2.56 s.

    Attributes:
        split: `subject` has nobody in two parts; `random` scatters everybody's windows, which overlap
            by half, over all parts, which leaks; it is there for comparison.
        fold: the subject who is left out, 1 to 10, to be tested on: the next two are for validation (after
            the tenth comes the first) and the other seven for training; none: the split above.
    """

    name: ClassVar[str] = "watch"
    title: ClassVar[str] = "Smartwatch exercises"
    modalities: ClassVar[tuple[str, ...]] = ("accelerometer", "gyroscope")
    classes: ClassVar[tuple[str, ...]] = (
        "pendulum",
        "abduction",
        "forward_elevation",
        "internal_rotation",
        "external_rotation",
        "trapezius_extension",
        "upright_row",
    )
    sources: ClassVar[Mapping[str, Source]] = {"series": _SERIES}
    licence: ClassVar[str] = "BSD-3-Clause, with seglearn"
    citation: ClassVar[str] = (
        "D. M. Burns, N. Leung, M. Hardisty, C. M. Whyne, P. Henry, S. McLachlin: Shoulder physiotherapy "
        "exercise recognition: machine learning the inertial signals from a smartwatch, Physiological "
        "Measurement 39(7), 2018, doi:10.1088/1361-6579/aacfd9"
    )

    split: Literal["subject", "random"] = "subject"
    # It came later: where it is none, specs say nothing of it.
    fold: Annotated[int, Field(ge=1, le=PEOPLE)] | None = Field(
        default=None, exclude_if=lambda fold: fold is None
    )

    @field_validator("fold")
    @classmethod
    def _keeps_people_apart(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("split") == "random":
            raise ValueError("a random split leaves nobody out; leave fold or split out")
        return value

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """The 140 series one after another, (244102, 6), and where each of the 3605 windows starts."""
        content = _SERIES.read(sources["series"])["watch_dataset.npy"]
        data = read_pickled(content, f"watch_dataset.npy of {_SERIES.package}")
        lengths = [len(series) for series in data["X"]]
        offsets = np.cumsum([0, *lengths[:-1]])
        starts = [np.arange(0, length - WINDOW + 1, STRIDE) for length in lengths]
        windows = [len(start) for start in starts]
        subject = np.repeat(data["subject"], windows).astype("<i8")
        arrays.write(
            folder,
            series=np.concatenate(data["X"]).astype("<f4"),
            start=(np.concatenate(starts) + np.repeat(offsets, windows)).astype("<i8"),
            subject=subject,
            target=np.repeat(data["y"], windows).astype("<i8"),
        )
        splits.write(folder, "subject", _parts(subject, SUBJECTS))

    def groups(self, folder: Path) -> NDArray[Any]:
        """The person of each window."""
        return arrays.read(folder, "subject")

    def load(self, folder: Path) -> Data:
        """Every second step of a window, standardised by axis: (3, 64) for each modality."""
        target = arrays.read(folder, "target")
        if self.fold is not None:
            parts = _parts(arrays.read(folder, "subject"), left_out(self.fold))
        elif self.split == "subject":
            parts = splits.read(folder, "subject")
        else:
            parts = splits.stratified(target, self.name)
        steps = arrays.read(folder, "start")[:, None] + np.arange(0, WINDOW, 2)
        windows = arrays.read(folder, "series")[steps]
        windows = arrays.standardised(windows, windows[parts["train"]], axis=(0, 1)).transpose(0, 2, 1)
        inputs = {"accelerometer": windows[:, :3], "gyroscope": windows[:, 3:]}
        return arrays.assembled(self.classes, inputs, target, parts)
