"""violent_flows: videos of crowds, violent or not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from inforeg.data import splits
from inforeg.data.audiovisual import AudioVisual, Listing, Pictures, Wave
from inforeg.data.base import Data, Extent
from inforeg.data.decoding import Clip
from inforeg.data.gathered import Material
from inforeg.data.listed import files_in, refuse_few
from inforeg.data.sources import Source
from inforeg.registry import OPTIONS

FOLDERS = ("NonViolence", "Violence")
FOLDS = range(1, 6)
VIDEOS = 246
VAL_SHARE = 0.2
"""Of what is not tested on; a tenth would be twenty videos, too few to choose an epoch by."""


@dataclass(frozen=True, config=OPTIONS)
class ViolentFlows(AudioVisual):
    """246 videos of 1 to 6.5 s from YouTube in five folds; sound of 4 s, and up to 20 frames at 3 a second.

    The folders 1 to 5 are the folds, each with Violence/ and NonViolence/; what else is beside them is not
    read. InfoReg's paper says neither how it prepares the videos nor how it divides them, and of the
    modalities only that video is the dominant one: that the other one is the sound is assumed here, frames
    and sound are taken as of CREMA-D, and a fifth of each class of what is not tested on is held out for
    validation. Pictures are stored as they are, of 240 x 320.

    Attributes:
        fold: that is tested on; validation and training have the other four.
        absent: what becomes of a video without sound: `mask` keeps it as one that lacks the modality,
            `refuse` calls it one that cannot be read.
        taken: frames of a video that an encoder is given.
        pixels: height and width of the crops.
    """

    name: ClassVar[str] = "violent_flows"
    title: ClassVar[str] = "Violent Flows"
    classes: ClassVar[tuple[str, ...]] = ("non-violent", "violent")
    refuses_silence: ClassVar[bool] = False
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "none stated; the videos come from YouTube"
    citation: ClassVar[str] = (
        "T. Hassner, Y. Itcher, O. Kliper-Gross: Violent flows: real-time detection of violent crowd "
        "behavior, CVPR Workshops 2012"
    )
    how: ClassVar[str] = "get it from www.openu.ac.il/home/hassner/data/violentflows"
    layout: ClassVar[str] = "1/Violence/*.avi, 1/NonViolence/*.avi, and so to 5"

    fold: Annotated[int, Field(ge=1, le=5)] = 1
    absent: Literal["refuse", "mask"] = "mask"
    taken: Annotated[int, Field(ge=1, le=20)] = 3
    pixels: Annotated[int, Field(ge=32, le=1024)] = 224

    @property
    def masks(self) -> bool:
        """Whether a video without sound is kept."""
        return self.absent == "mask"

    @property
    def preparation(self) -> Mapping[str, Any]:
        """What becomes of videos without sound."""
        return {"absent": self.absent}

    @property
    def sound(self) -> Wave:
        """As of CREMA-D, of 4 s: the videos have 3.6 on average."""
        return Wave(rate=22_050, seconds=4.0)

    @property
    def pictures(self) -> Pictures:
        """Frames at 3 a second, of which the longest video has 20."""
        return Pictures(rate=3, most=20, size=(240, 320))

    @property
    def extent(self) -> Extent:
        """Of a fold, each about as large as the others."""
        test = round(VIDEOS / len(FOLDS))
        val = round(VAL_SHARE * (VIDEOS - test))
        return self.extent_of((VIDEOS - test - val, val, test))

    def listing(self, material: Material, sources: Mapping[str, Path]) -> Listing:
        """The videos of all folds, and a division for each fold."""
        found = {
            f"{fold}/{kind}/{name}": (fold, label, path)
            for fold in FOLDS
            for label, kind in enumerate(FOLDERS)
            for name, path in files_in(material.raw / str(fold) / kind, ".avi").items()
        }
        told = f"{material.raw} holds {len(found)} of the {VIDEOS} videos"
        refuse_few(len(found), VIDEOS, told, material, self.min_share)
        labels = {name: label for name, (_, label, _) in found.items()}
        folds = {name: fold for name, (fold, _, _) in found.items()}
        clips = [Clip(name, (path,)) for name, (_, _, path) in found.items()]
        divisions = {f"fold{fold}": self._division(labels, folds, fold) for fold in FOLDS}
        return Listing(clips, labels, divisions, {"listed": VIDEOS})

    def _division(
        self, labels: Mapping[str, int], folds: Mapping[str, int], tested: int
    ) -> dict[str, list[str]]:
        """The videos of the parts where one fold is tested on."""
        rest = {name: label for name, label in labels.items() if folds[name] != tested}
        train, val = splits.cut(rest, VAL_SHARE, self.name, f"fold{tested}")
        return {"train": train, "val": val, "test": [name for name in labels if folds[name] == tested]}

    def load(self, folder: Path) -> Data:
        """audio: log spectrogram (1, 257, 250); video: frames (3, taken, pixels, pixels)."""
        return self.read(folder, splits.read(folder, f"fold{self.fold}"))
