"""htad: home tasks heard and felt at the wrist."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Distribution, Source
from inforeg.registry import OPTIONS

_TABLE = Distribution(
    package="multiviewstacking",
    version="0.7.5",
    sha256="b13e4d6b99e9daf7e14af4357f1df02cc7d23ec4a7fd6b0ca6c4fb9e3efd6c2d",
    members=("multiviewstacking/data/htad.csv",),
)
_AUDIO = 36  # MFCC of three parts of a window; the columns after them are of the accelerometer


@dataclass(frozen=True, config=OPTIONS)
class HTAD(Dataset):
    """Home-Tasks Activities Dataset: 1386 windows of audio and wrist acceleration, recorded together.

    Rows are consecutive windows, and neighbours resemble each other. A stretch of rows of one class is taken
    for a recording.

    Attributes:
        split: `contiguous` trains on the first 60 % of each recording and tests on the last 20 %;
            `random` scatters each recording over all parts, which leaks; it is there for comparison.
    """

    name: ClassVar[str] = "htad"
    title: ClassVar[str] = "HTAD"
    modalities: ClassVar[tuple[str, ...]] = ("audio", "accelerometer")
    classes: ClassVar[tuple[str, ...]] = (
        "brush_teeth",
        "eat_chips",
        "mop_floor",
        "sweep",
        "type_on_keyboard",
        "wash_hands",
        "watch_tv",
    )
    sources: ClassVar[Mapping[str, Source]] = {"table": _TABLE}
    licence: ClassVar[str] = "open for research and education; any other use needs the authors' permission"
    citation: ClassVar[str] = (
        "E. Garcia-Ceja, V. Thambawita, S. A. Hicks et al.: HTAD: A Home-Tasks Activities Dataset with "
        "Wrist-Accelerometer and Audio Features, MMM 2021, doi:10.1007/978-3-030-67835-7_17"
    )

    split: Literal["contiguous", "random"] = "contiguous"

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Features of audio (1386, 36) and accelerometer (1386, 16), and both divisions."""
        text = _TABLE.read(sources["table"])["htad.csv"].decode()
        labels, *columns = zip(*(line.split(",") for line in text.splitlines()[1:]), strict=True)
        values = np.array([[float(value) for value in column] for column in columns]).T.astype("<f4")
        target = np.array([self.classes.index(label) for label in labels], "<i8")
        arrays.write(folder, audio=values[:, :_AUDIO], accelerometer=values[:, _AUDIO:], target=target)
        recordings = [list(rows) for _, rows in groupby(range(len(target)), key=lambda row: target[row])]
        splits.write(folder, "contiguous", splits.divide(recordings))
        splits.write(folder, "random", splits.stratified(target, self.name))

    def load(self, folder: Path) -> Data:
        """A standardised vector for each modality."""
        parts = splits.read(folder, self.split)
        inputs = {}
        for modality in self.modalities:
            values = arrays.read(folder, modality)
            inputs[modality] = arrays.standardised(values, values[parts["train"]])
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), parts)
