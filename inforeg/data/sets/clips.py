"""clips: any collection of clips with sound and pictures, divided by a list."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from inforeg.data import splits
from inforeg.data.audiovisual import AudioVisual, FilterBank, Listing, Pictures, Sound, Wave
from inforeg.data.base import Data
from inforeg.data.decoding import Clip
from inforeg.data.gathered import Material
from inforeg.data.listed import class_index, compared, fields_of, files_below, lines_of, refuse_twice
from inforeg.data.sources import Source
from inforeg.errors import UserError, shown, unknown
from inforeg.files import sha256
from inforeg.registry import DATASETS, OPTIONS
from inforeg.runspec import Name

SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv"),
    *(".ts", ".webm", ".wmv"),
)
EXAMPLE = "surf/1.mp4,surfing,train"
VAL_SHARE = 0.1
"""Of each class of the training part, held out where the list has no clip for validation."""


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a class stands there twice")
    return names


class Line(NamedTuple):
    """What the list says of a clip."""

    label: int
    part: str


@dataclass(frozen=True, config=OPTIONS)
class Collection(AudioVisual):
    """Clips of one's own, such as UCF-101, AVE or VGGSound, in data/<collection>.

    A list in the raw folder has a line `path,class,split` for each clip: the path is relative to the folder,
    with its suffix or without, the split train, val or test. A track of silence is a sound. Files that end
    before their time are refused, but for .mpg, .mpeg and .ts, which do not say how long they are.

    Attributes:
        collection: what the folder under data/ is called.
        classes: names of the classes, in the order of their indices.
        list: name of the list in the raw folder.
        rate: frames a second that are stored.
        most: frames of a clip that are stored at the most.
        height: of the stored pictures, into which those of any aspect are squeezed.
        width: likewise.
        audio: what is stored of the sound: the `wave`, which encoders are given as a log spectrogram, or the
            `filter_bank`.
        sound_rate: samples a second.
        seconds: of sound; a shorter wave is repeated, a shorter filter bank has zeros at its end.
        bins: of the filter bank's mel scale.
        mean: of the filter bank's values; as the field prepares Kinetics-Sounds.
        deviation: likewise.
        absent: what becomes of a clip without sound or without pictures: `refuse` calls it one that cannot be
            read, `mask` keeps it as one that lacks the modality.
        taken: frames of a clip that an encoder is given.
        pixels: height and width of the crops that it is given.
    """

    name: ClassVar[str] = "clips"
    title: ClassVar[str] = "A collection of clips"
    refuses_silence: ClassVar[bool] = False
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "the collection's"
    citation: ClassVar[str] = "the collection's paper"
    how: ClassVar[str] = "get its files from its owners"
    layout: ClassVar[str] = "the clips and their list"

    collection: Name
    classes: Annotated[tuple[str, ...], Field(min_length=2), AfterValidator(_each_once)]  # type: ignore[misc]
    list: Annotated[str, Field(min_length=1)] = "clips.csv"
    rate: Annotated[float, Field(gt=0, le=120)] = 1.0
    most: Annotated[int, Field(ge=1, le=1000)] = 10
    height: Annotated[int, Field(ge=16, le=2048)] = 256
    width: Annotated[int, Field(ge=16, le=2048)] = 341
    audio: Literal["wave", "filter_bank"] = "wave"
    sound_rate: Annotated[int, Field(ge=1000, le=192_000)] = 22_050
    seconds: Annotated[float, Field(ge=0.1, le=600)] = 10.0
    bins: Annotated[int, Field(ge=8, le=512)] = 128
    mean: float = FilterBank.mean
    deviation: Annotated[float, Field(gt=0)] = FilterBank.deviation
    absent: Literal["refuse", "mask"] = "refuse"
    taken: Annotated[int, Field(ge=1, le=100)] = 3
    pixels: Annotated[int, Field(ge=32, le=1024)] = 224

    @model_validator(mode="after")
    def _has_a_folder_of_its_own(self) -> Self:
        if self.collection in DATASETS.classes:
            raise ValueError(f"{self.collection!r} is the name of a data set; call the collection otherwise")
        return self

    @model_validator(mode="after")
    def _makes_a_filter_bank(self) -> Self:
        try:
            self.sound.stored(np.zeros(self.sound_rate // 10, np.int16))
        except ValueError:  # Kaldi's, where a bin holds no frequency
            raise ValueError(
                f"a sound_rate of {self.sound_rate} has no filter bank of {self.bins} bins; give fewer"
            ) from None
        return self

    @property
    def place(self) -> str:
        """The collection's name."""
        return self.collection

    @property
    def masks(self) -> bool:
        """Whether a clip without sound or without pictures is kept."""
        return self.absent == "mask"

    @property
    def preparation(self) -> Mapping[str, Any]:
        """All options but those of loading."""
        names = ("list", "rate", "most", "height", "width", "audio", "sound_rate", "seconds", "absent")
        bank = {"bins": self.bins} if self.audio == "filter_bank" else {}
        return {"classes": [*self.classes], **{name: getattr(self, name) for name in names}, **bank}

    @property
    def sound(self) -> Sound:
        """As the options say."""
        if self.audio == "wave":
            return Wave(self.sound_rate, self.seconds)
        return FilterBank(self.sound_rate, self.bins, round(100 * self.seconds), self.mean, self.deviation)

    @property
    def pictures(self) -> Pictures:
        """As the options say."""
        return Pictures(self.rate, self.most, (self.height, self.width))

    def listing(self, material: Material, sources: Mapping[str, Path]) -> Listing:
        """The clips of the list that are there."""
        path = material.raw / self.list
        lines = self._lines(path)
        found, others = located(lines, material.raw, path)
        parts = {part: [name for name, line in lines.items() if line.part == part] for part in splits.PARTS}
        if not parts["val"]:
            train = {name: lines[name].label for name in parts["train"]}
            parts["train"], parts["val"] = splits.cut(train, VAL_SHARE, self.collection, "val")
        facts = compared([*lines], [*found, *others], material, self.min_share)
        labels = {name: line.label for name, line in lines.items()}
        there = {part: [name for name in names if name in found] for part, names in parts.items()}
        refuse_gaps(there, labels, self.classes, path)
        clips = [Clip(name, (path,)) for name, path in found.items()]
        return Listing(clips, labels, {"list": parts}, {**facts, "list_sha256": sha256(path)})

    def _lines(self, path: Path) -> dict[str, Line]:
        """What the list says, by the path that it names."""
        found: list[tuple[str, Line]] = []
        for place, line in lines_of(path):
            fields = fields_of(line, 3)
            if len(fields) < 3 or not all(fields):
                raise UserError(
                    f"{place} is {shown(line)}, not a path, a class and a split such as {EXAMPLE}."
                )
            name, label, part = fields
            if part not in splits.PARTS:
                raise UserError(f"{place}: {unknown('split', part, splits.PARTS)}")
            found.append((name, Line(class_index(label, self.classes, place), part)))
        refuse_twice((name for name, _ in found), str(path))
        if not found:
            raise UserError(f"{path} has no line; write one for each clip, such as {EXAMPLE}.")
        return dict(found)

    def load(self, folder: Path) -> Data:
        """audio: one channel, log spectrogram or filter bank; video: frames (3, taken, pixels, pixels)."""
        return self.read(folder, splits.read(folder, "list"))


def located(names: Iterable[str], raw: Path, where: Path) -> tuple[dict[str, Path], list[str]]:
    """The files of the `names` that have one, and the media files that have no name.

    Args:
        names: paths below `raw`, with suffix or without.
        raw: the folder.
        where: they are listed.

    Raises:
        UserError: a name may mean two files, or two names mean one.
    """
    exact: dict[str, Path] = {}
    bare: dict[str, list[Path]] = {}
    for path in files_below(raw, SUFFIXES):
        below = path.relative_to(raw)
        exact[_key(below.as_posix())] = path
        bare.setdefault(_key(below.with_suffix("").as_posix()), []).append(path)
    found: dict[str, Path] = {}
    meant: dict[Path, str] = {}
    for name in names:
        key = _key(PurePosixPath(name).as_posix())
        files = [exact[key]] if key in exact else bare.get(key, [])
        if len(files) > 1:
            raise UserError(f"{where} names {name!r}, which {files[0]} and {files[1]} are; add the suffix.")
        for path in files:
            if path in meant:
                raise UserError(f"{where} names {path} as {meant[path]!r} and {name!r}; strike one of them.")
            found[name], meant[path] = path, name
    return found, [name for name, path in exact.items() if path not in meant]


def _key(name: str) -> str:
    """One of the ways in which letters with accents are encoded: macOS and lists differ in it."""
    return unicodedata.normalize("NFC", name)


def refuse_gaps(
    parts: Mapping[str, Iterable[str]], labels: Mapping[str, int], classes: tuple[str, ...], where: Path
) -> None:
    """Raise where a part would be empty, or the training part without a class, before the long work.

    Args:
        parts: names of the clips that are there.
        labels: class index by clip.
        classes: their names.
        where: it is listed.
    """
    there = {part: {labels[name] for name in names} for part, names in parts.items()}
    for part, found in there.items():
        if not found:
            raise UserError(f"{where} leaves the split {part!r} without clips; give it some.")
    for index, label in enumerate(classes):
        if index not in there["train"]:
            raise UserError(
                f"{where} has no clip of the class {label!r} to train on; add some, or leave it out."
            )
