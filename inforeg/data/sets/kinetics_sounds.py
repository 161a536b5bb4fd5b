"""kinetics_sounds: the classes of Kinetics-400 that can be told by ear as well as by eye."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from inforeg.data import splits
from inforeg.data.audiovisual import AudioVisual, FilterBank, Listing, Pictures
from inforeg.data.base import Data, Extent
from inforeg.data.decoding import Clip
from inforeg.data.gathered import Material
from inforeg.data.listed import class_index, compared, fields_of, files_in, lines_of
from inforeg.data.sources import Download, Source
from inforeg.errors import UserError, shown
from inforeg.registry import OPTIONS

LISTS = (
    "https://raw.githubusercontent.com/GeWu-Lab/OGM-GE_CVPR2022/343dc1d95c9bda88f105c0da8d24f185e0e98b54/"
    "data/KineticSound/"
)
VAL_SHARE = 0.1
"""Of the field's training part, held out for validation."""

IDENTIFIER = 11
"""Characters of a video's name at YouTube, which may hold underscores."""


@dataclass(frozen=True, config=OPTIONS)
class KineticsSounds(AudioVisual):
    """17,396 clips of 10 s in 31 classes, which the lists only number; up to 10 frames at 1 a second.

    The split is that of OGM-GE, which the field uses; a tenth of each class of its training part is held out
    for validation. Videos vanish from YouTube, so that no two copies of Kinetics hold the same clips: those
    that are missing are listed in the manifest, and tables tell how many.

    Attributes:
        taken: frames of a clip that an encoder is given; the field's code takes 3.
        pixels: height and width of the crops.
    """

    name: ClassVar[str] = "kinetics_sounds"
    title: ClassVar[str] = "Kinetics-Sounds"
    classes: ClassVar[tuple[str, ...]] = tuple(str(number) for number in range(31))
    refuses_silence: ClassVar[bool] = (
        False  # a silent video of an instrument is one of its class all the same
    )
    min_share: ClassVar[float] = 0.8
    sources: ClassVar[Mapping[str, Source]] = {
        "train": Download(
            url=f"{LISTS}my_train.txt",
            sha256="e75bb596c30bf839adb3c2dc73b4a4617add66b36c2f416f96ac2e56a251751f",
        ),
        "test": Download(
            url=f"{LISTS}my_test.txt",
            sha256="3bb1fee2c9d30919cec6887a3e2fa27b7936cc3f46dff447d85ea21892a80a58",
        ),
    }
    licence: ClassVar[str] = "Kinetics' annotations: CC BY 4.0; the videos are their owners'"
    citation: ClassVar[str] = (
        "R. Arandjelovic, A. Zisserman: Look, listen and learn, ICCV 2017; W. Kay et al.: The Kinetics human "
        "action video dataset, arXiv:1705.06950, 2017"
    )
    how: ClassVar[str] = "get the clips of Kinetics-400 (the CVD Foundation keeps a copy)"
    layout: ClassVar[str] = "the clips, such as -3Mwkq-7TV4_000002_000012.mp4, in whatever folders"

    taken: Annotated[int, Field(ge=1, le=10)] = 3
    pixels: Annotated[int, Field(ge=32, le=1024)] = 224

    @property
    def sound(self) -> FilterBank:
        """As the field prepares it."""
        return FilterBank()

    @property
    def pictures(self) -> Pictures:
        """A frame a second."""
        return Pictures(rate=1, most=10)

    @property
    def extent(self) -> Extent:
        """As listed, where few copies of Kinetics have all."""
        return self.extent_of((13_319, 1_480, 2_597))

    def listing(self, material: Material, sources: Mapping[str, Path]) -> Listing:
        """The field's lists, and the files of the raw folder."""
        paths = sources or {part: material.raw / f"my_{part}.txt" for part in ("train", "test")}
        test = self._labels(paths["test"])
        labels = self._labels(paths["train"])
        train = {name: label for name, label in labels.items() if name not in test}
        both = train | test
        files = _clips_in(material.raw)
        facts = compared(list(both), files.keys(), material, self.min_share)
        facts["in_both_lists"] = sorted(labels.keys() & test.keys())
        clips = [Clip(name, (files[name],)) for name in both if name in files]
        kept, val = splits.cut(train, VAL_SHARE, self.name, "val")
        return Listing(clips, both, {"field": {"train": kept, "val": val, "test": list(test)}}, facts)

    def _labels(self, path: Path) -> dict[str, int]:
        """Class by clip, of a list of lines `name,10,class`; one that stands twice counts once."""
        found: dict[str, int] = {}
        for place, line in lines_of(path):
            fields = fields_of(line, 3)
            if len(fields) != 3:
                raise UserError(f"{place} is {shown(line)}, not three fields such as -3Mwkq-7TV4_2,10,23.")
            name, label = clip_name(fields[0], place), class_index(fields[2], self.classes, place)
            if found.setdefault(name, label) != label:
                raise UserError(f"{place} gives {name} another class than a line before; strike one of them.")
        return found

    def load(self, folder: Path) -> Data:
        """audio: filter bank (1, 1024, 128); video: frames (3, taken, pixels, pixels)."""
        return self.read(folder, splits.read(folder, "field"))


def _clips_in(raw: Path) -> dict[str, Path]:
    """The files of the folder, by the names of their clips."""
    found: dict[str, Path] = {}
    for path in files_in(raw, ".mp4", ".mkv", ".webm").values():
        if (other := found.setdefault(clip_of(path), path)) != path:
            raise UserError(f"{other} and {path} are one clip; remove one of them.")
    return found


def clip_name(name: str, place: str) -> str:
    """A clip's video and first second, of either form: ID_000058_000068 in one list, ID_58 in the other.

    Args:
        name: as a list or a file has it.
        place: of the name, for messages.
    """
    start = name[IDENTIFIER + 1 :].split("_", maxsplit=1)[0]
    if name[IDENTIFIER : IDENTIFIER + 1] != "_" or not start.isdecimal():
        raise UserError(
            f"{place} has the name {shown(name)}, not a video and a second such as -3Mwkq-7TV4_2."
        )
    return f"{name[:IDENTIFIER]}_{int(start)}"


def clip_of(path: Path) -> str:
    """The same of a file; one that is named otherwise is no clip of the lists."""
    try:
        return clip_name(path.stem, str(path))
    except UserError:
        return path.stem
