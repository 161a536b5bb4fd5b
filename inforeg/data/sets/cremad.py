"""cremad: CREMA-D, twelve sentences said by 91 actors in six emotions, heard and seen."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from inforeg.data import splits
from inforeg.data.audiovisual import AudioVisual, Listing, Pictures, Wave
from inforeg.data.base import Data, Extent
from inforeg.data.decoding import Clip
from inforeg.data.gathered import Material
from inforeg.data.lfs import fetch_tree
from inforeg.data.listed import compared, files_in, labelled, refuse_twice
from inforeg.data.pointers import Repository
from inforeg.data.sources import Download, Source, cache_folder
from inforeg.registry import OPTIONS

LISTS = (
    "https://raw.githubusercontent.com/GeWu-Lab/OGM-GE_CVPR2022/343dc1d95c9bda88f105c0da8d24f185e0e98b54/"
    "data/CREMAD/"
)
SOUNDS, PICTURES = ("AudioWAV", ".wav"), ("VideoFlash", ".flv")
REPOSITORY = Repository(
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    commit="1658cd342dff90010aa843eaeebd53610a08b1dc",
    folders=(SOUNDS[0], PICTURES[0]),
)
VAL_SHARE = 0.1
"""Of the field's training part, held out for validation."""


@dataclass(frozen=True, config=OPTIONS)
class CremaD(AudioVisual):
    """7,442 clips of about 2.5 s; sound at 22,050 Hz, repeated to 3 s, and up to 10 frames at 3 a second.

    Attributes:
        split: `field` is that of OGM-GE, which the field uses: all actors are in its training and in its
            test part, so it leaks; a tenth of each class of its training part is held out for validation.
            `actor` has no actor in two parts.
        val: `held_out` as said; `none` trains on all of it, as the printed numbers do: then only the last
            epoch, or the best one on the test split, can be reported.
        taken: frames of a clip that an encoder is given; InfoReg's code takes 3.
        pixels: height and width of the crops.
    """

    name: ClassVar[str] = "cremad"
    title: ClassVar[str] = "CREMA-D"
    classes: ClassVar[tuple[str, ...]] = ("NEU", "HAP", "SAD", "FEA", "DIS", "ANG")
    sources: ClassVar[Mapping[str, Source]] = {
        "train": Download(
            url=f"{LISTS}train.csv",
            sha256="68d0d3fd253830328fc92c68f3cf2e215db8c5b86757ad9c5112d2c76ba68bde",
        ),
        "test": Download(
            url=f"{LISTS}test.csv",
            sha256="14866c99301fd56fb4a16f8a7048a8a6372a47069aee9f216443bc718be45f1f",
        ),
    }
    licence: ClassVar[str] = "ODbL 1.0"
    citation: ClassVar[str] = (
        "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: crowd-sourced "
        "emotional multimodal actors dataset, IEEE Transactions on Affective Computing 5(4), 2014"
    )
    how: ClassVar[str] = (
        "get it from github.com/CheyneyComputerScience/CREMA-D by git and Git LFS, or add --download"
    )
    layout: ClassVar[str] = "AudioWAV/*.wav and VideoFlash/*.flv"

    split: Literal["field", "actor"] = "field"
    val: Literal["held_out", "none"] = "held_out"
    taken: Annotated[int, Field(ge=1, le=10)] = 3
    pixels: Annotated[int, Field(ge=32, le=1024)] = 224

    @property
    def validates(self) -> bool:
        """Whether a part is held out."""
        return self.val == "held_out"

    @property
    def sound(self) -> Wave:
        """As InfoReg's code has it."""
        return Wave(rate=22_050, seconds=3.0)

    @property
    def pictures(self) -> Pictures:
        """Frames at 3 a second, of which the longest clip, 5 s, has 15."""
        return Pictures(rate=3, most=10)

    def download(self, confirm: Callable[[str], None]) -> Path:
        """Sounds and pictures as the pinned commit has them, in the cache of sources."""
        folder = cache_folder() / self.name
        fetch_tree(REPOSITORY, folder, confirm=confirm)
        return folder

    @property
    def extent(self) -> Extent | None:
        """Of the field's split; how many clips each actor has is in the lists alone."""
        if self.split != "field":
            return None
        return self.extent_of((6028, 670, 744) if self.validates else (6698, 744, 744))

    def listing(self, material: Material, sources: Mapping[str, Path]) -> Listing:
        """The field's lists, and the files of the raw folder."""
        paths = sources or {part: material.raw / f"{part}.csv" for part in ("train", "test")}
        labels = {part: labelled(paths[part], self.classes) for part in ("train", "test")}
        refuse_twice([name for part in labels.values() for name in part], "Its lists together")
        both = labels["train"] | labels["test"]
        sounds, pictures = (files_in(material.raw / place, suffix) for place, suffix in (SOUNDS, PICTURES))
        facts = compared(list(both), sounds.keys() & pictures.keys(), material, self.min_share)
        facts["actors"] = Counter(sorted(map(actor_of, both)))
        there = (name for name in both if name in sounds and name in pictures)
        clips = [Clip(name, (sounds[name], pictures[name])) for name in there]
        train, val = splits.cut(labels["train"], VAL_SHARE, self.name, "val")
        field = {"train": train, "val": val, "test": list(labels["test"])}
        return Listing(clips, both, {"field": field, "actor": self._by_actor(both)}, facts)

    def _by_actor(self, names: Collection[str]) -> dict[str, list[str]]:
        """A tenth of the actors for validation, a tenth for the test."""
        actors = splits.ranked({actor_of(name) for name in names}, self.name, "actor")
        tenth = max(1, round(len(actors) / 10))
        groups = {"test": actors[:tenth], "val": actors[tenth : 2 * tenth], "train": actors[2 * tenth :]}
        return {part: [name for name in names if actor_of(name) in who] for part, who in groups.items()}

    def load(self, folder: Path) -> Data:
        """audio: log spectrogram (1, 257, 188); video: frames (3, taken, pixels, pixels)."""
        parts = splits.read(folder, self.split)
        if not self.validates:
            everything = np.sort(np.concatenate([parts["train"], parts["val"]]))
            parts = {"train": everything, "val": parts["test"], "test": parts["test"]}
        return self.read(folder, parts)


def actor_of(name: str) -> str:
    """The actor of a clip such as 1001_DFA_ANG_XX."""
    return name.partition("_")[0]
