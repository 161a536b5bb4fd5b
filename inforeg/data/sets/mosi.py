"""mosi: opinions in videos, by what is said, how it sounds and with which face (CMU-MOSI)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from inforeg.batch import Shape
from inforeg.data import arrays, segments, splits
from inforeg.data.base import Data, Extent
from inforeg.data.gathered import Gathered, Material
from inforeg.data.sequences import StandardisedSteps
from inforeg.data.sources import Source
from inforeg.errors import UserError
from inforeg.registry import OPTIONS

SEGMENTS = {"train": 1284, "valid": 229, "test": 686}
"""Of each part, by its name in the field's files."""

STEPS, CHANNELS = 50, {"text": 300, "audio": 74, "vision": 35}
"""Of a segment in MultiBench's mosi_raw.pkl: GloVe, COVAREP, FACET."""


@dataclass(frozen=True, config=OPTIONS)
class MOSI(Gathered):
    """2199 segments of 93 videos as three sequences of features, each with a sentiment from -3 to 3.

    Features are standardised by channel over the steps of the training part. What is not finite in the file
    (COVAREP has -inf) counts as 0, as in MultiBench's code. Padding are the steps of zeros at either end of
    a sequence; where all three have equally many steps they are aligned by the word, and a step is padding
    where all three are zeros. If the file states lengths (`audio_lengths`), what comes after them is padding.

    Attributes:
        levels: classes of the sentiment y: 3 for y <= -0.5, between, and y >= 0.5; 2 for y < 0 and y >= 0; 7
            for y rounded.
        zero: of two classes: whether y = 0 is among the `positive` ones or `left_out`; both are usual.
    """

    name: ClassVar[str] = "mosi"
    title: ClassVar[str] = "CMU-MOSI"
    modalities: ClassVar[tuple[str, ...]] = segments.MODALITIES
    classes: ClassVar[tuple[str, ...]] = ()
    sources: ClassVar[Mapping[str, Source]] = {}
    how: ClassVar[str] = (
        "get a file of its features, such as MultiBench's mosi_raw.pkl (github.com/pliang279/MultiBench), "
        "under the terms of the CMU Multimodal SDK"
    )
    layout: ClassVar[str] = (
        "one *.pkl: train, valid and test, each with text, audio and vision (segments, steps, channels), "
        "labels and id"
    )
    licence: ClassVar[str] = "for research, by the terms of the CMU Multimodal SDK; the videos are YouTube's"
    citation: ClassVar[str] = (
        "A. Zadeh, R. Zellers, E. Pincus, L.-P. Morency: Multimodal sentiment intensity analysis in videos: "
        "facial gestures and verbal messages, IEEE Intelligent Systems 31(6), 2016, "
        "doi:10.1109/MIS.2016.94"
    )

    levels: Literal[2, 3, 7] = 3
    zero: Literal["positive", "left_out"] = "positive"

    @model_validator(mode="after")
    def _zero_is_of_two_classes(self) -> Self:
        if self.zero != "positive" and self.levels != 2:
            raise ValueError("zero is left out of two classes only; set levels to 2")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the levels."""
        if self.levels == 2:
            return "negative", "positive" if self.zero == "left_out" else "not negative"
        return ("negative", "neutral", "positive") if self.levels == 3 else tuple(map(str, range(-3, 4)))

    @property
    def extent(self) -> Extent | None:
        """As in MultiBench's file; how many segments are of no sentiment is in the file alone."""
        if self.zero == "left_out":
            return None
        shapes: dict[str, Shape] = {
            modality: {"values": (STEPS, channels), "length": ()} for modality, channels in CHANNELS.items()
        }
        return Extent((SEGMENTS["train"], SEGMENTS["valid"], SEGMENTS["test"]), shapes)

    @property
    def disk_bytes(self) -> int:
        """Of MultiBench's file: numbers of four bytes, with a length, a sentiment and a part."""
        return sum(SEGMENTS.values()) * (4 * STEPS * sum(CHANNELS.values()) + 3 * 8 + 4 + 1)

    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        """Each modality's values (N, steps, channels), float32, and length (N,); sentiment and part (N,)."""
        path = _file(material.raw)
        parts = segments.read(path)
        counts = {part: len(each.names) for part, each in parts.items()}
        _check(counts, material, path)
        whole = segments.together(list(parts.values()), str(path))
        made = segments.from_the_front(whole)
        arrays.write(
            folder,
            **made.features,
            **{f"{m}_length": length for m, length in made.lengths.items()},
            sentiment=made.sentiment,
            part=np.repeat(np.arange(len(counts), dtype=np.uint8), list(counts.values())),
        )
        return {
            "file": path.name,
            "segments": counts,
            "aligned": segments.aligned(whole),
            "not_finite": made.not_finite,
            "empty": {m: int((length == 0).sum()) for m, length in made.lengths.items()},
        }

    def load(self, folder: Path) -> Data:
        """Sequences of each modality: values (steps, channels) with their length."""
        sentiment, part = arrays.read(folder, "sentiment"), arrays.read(folder, "part")
        counts = (sentiment != 0) | (self.zero == "positive")
        parts = {name: np.flatnonzero((part == i) & counts) for i, name in enumerate(splits.PARTS)}
        stored, transforms = {}, {}
        for m in self.modalities:
            values, length = arrays.mapped(folder, m), arrays.read(folder, f"{m}_length")
            stored[m] = {"values": values, "length": length}
            transforms[m] = StandardisedSteps.fitted(values, length, np.flatnonzero(part == 0))
        return arrays.streamed(self.labels, stored, classes(sentiment, self.levels), parts, transforms)


def classes(sentiment: NDArray[Any], levels: int) -> NDArray[np.int64]:
    """The class of each sentiment, (N,); of 7 levels by rounding, halves to the even number."""
    found = {
        2: sentiment >= 0,
        3: 1 + (sentiment >= 0.5) - (sentiment <= -0.5).astype(np.int64),
        7: np.rint(sentiment) + 3,
    }
    return np.asarray(found[levels], np.int64)


def _file(raw: Path) -> Path:
    """The pickle that `raw` is, or holds."""
    if raw.is_file():
        return raw
    found = sorted(path for path in raw.glob("*.pkl") if path.is_file())
    if len(found) != 1:
        raise UserError(f"{raw} holds {len(found)} files *.pkl, not one; give the file itself as --raw.")
    return found[0]


def _check(counts: Mapping[str, int], material: Material, path: Path) -> None:
    """Raise unless a file has the segments of each part that the field divides, or enough of them."""
    share = min(count / SEGMENTS[part] for part, count in counts.items())
    enough = material.min_share is not None and share >= material.min_share
    if counts != SEGMENTS and not enough:
        raise UserError(
            f"{path} holds {_listed(counts)} segments for training, validation and test, but CMU-MOSI has "
            f"{_listed(SEGMENTS)}; give the whole file, or a --min-share that it has."
        )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(map(str, counts.values()))
