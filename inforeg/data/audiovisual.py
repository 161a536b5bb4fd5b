"""Clips with sound and pictures: what of them is stored, and how encoders are given it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from inforeg.batch import PRESENT, VALUES
from inforeg.data import arrays, media, splits
from inforeg.data.base import Data, Extent
from inforeg.data.clips import Clips
from inforeg.data.decoding import Clip, Recipe, Rows, decode, decoder, write_ranges
from inforeg.data.gathered import Gathered, Material
from inforeg.data.pictures import PICTURES, SIZE, RandomResizedCrops
from inforeg.data.spectra import LogSpectrogram, ScaledSpectrum, filter_bank
from inforeg.data.transforms import Transform, WherePresent
from inforeg.errors import UserError

T = TypeVar("T")


class Sound(ABC):
    """What of a sound is stored, and how an encoder is given it."""

    rate: int

    @property
    @abstractmethod
    def rows(self) -> Rows:
        """What a clip's sound is in its array."""

    @abstractmethod
    def stored(self, samples: NDArray[np.int16]) -> NDArray[Any]:
        """What is stored of int16 samples (S,), at `rate` a second."""

    @abstractmethod
    def transform(self) -> Transform:
        """From what is stored to what an encoder is given."""


@dataclass(frozen=True)
class Wave(Sound):
    """The samples of so many seconds, shorter sounds repeated; encoders are given a log spectrogram.

    At its defaults as InfoReg's code has it for CREMA-D, which repeats three times and cuts.

    Attributes:
        rate: samples a second.
        seconds: that are stored.
    """

    rate: int = 22_050
    seconds: float = 3.0

    @property
    def rows(self) -> Rows:
        """int16 samples."""
        return Rows((round(self.rate * self.seconds),), "<i2")

    def stored(self, samples: NDArray[np.int16]) -> NDArray[Any]:
        """The first ones, or all repeated."""
        return np.resize(samples, self.rows.shape)

    def transform(self) -> Transform:
        """Magnitudes of the short-time Fourier transform, in their logarithm."""
        return LogSpectrogram()


@dataclass(frozen=True)
class FilterBank(Sound):
    """Kaldi's filter bank over the first frames, zeros after the end; encoders are given it scaled.

    At its defaults as the field prepares Kinetics-Sounds, whose code does not say the rate: at the 16,000 Hz
    that are common beside these numbers, Kaldi refuses 128 bins, since some hold no frequency at all.

    Attributes:
        rate: samples a second.
        bins: of the mel scale.
        frames: of 10 ms.
        mean: of what is stored.
        deviation: likewise; values are divided by twice as much.
    """

    rate: int = 22_050
    bins: int = 128
    frames: int = 1024
    mean: float = -4.503877
    deviation: float = 5.141276

    @property
    def rows(self) -> Rows:
        """float32 (frames, bins)."""
        return Rows((self.frames, self.bins), "<f4")

    def stored(self, samples: NDArray[np.int16]) -> NDArray[Any]:
        """The filter bank, cut or filled up."""
        bank = filter_bank(samples, self.rate, self.bins)[: self.frames]
        return np.pad(bank, ((0, self.frames - len(bank)), (0, 0))).astype("<f4")

    def transform(self) -> Transform:
        """One channel, scaled."""
        return ScaledSpectrum(self.mean, 2 * self.deviation)


@dataclass(frozen=True)
class Pictures:
    """Which frames of a clip are stored.

    Attributes:
        rate: frames a second.
        most: at the most.
        size: height and width into which they are squeezed; each clip's own are stored beside.
    """

    rate: float
    most: int
    size: tuple[int, int] = (256, 341)


@dataclass(frozen=True)
class Listing:
    """What there is to decode.

    Attributes:
        clips: in the order in which they are decoded.
        labels: class index by clip.
        divisions: by name: the clips of each part.
        facts: for the manifest.
    """

    clips: Sequence[Clip]
    labels: Mapping[str, int]
    divisions: Mapping[str, Mapping[str, Sequence[str]]]
    facts: Mapping[str, Any] = field(default_factory=dict)


class AudioVisual(Gathered):
    """A data set of clips; each is a file for both modalities, or one for the sound and one for the pictures.

    The folder holds audio.npy, a row a clip, frames.npy with the frames of all clips, where they are
    (frames_first, frames_count), each clip's own picture size, target.npy and the divisions; and present.npy,
    which modalities each has, where clips may lack one.

    Attributes:
        refuses_silence: whether a clip without a sound other than silence is one that cannot be read.
        taken: frames of a clip that an encoder is given.
        pixels: height and width of the crops that it is given.
    """

    modalities: ClassVar[tuple[str, ...]] = ("audio", "video")
    refuses_silence: ClassVar[bool] = True
    taken: int
    pixels: int

    @property
    def masks(self) -> bool:
        """Whether a clip without sound or without pictures is kept, as one that lacks the modality."""
        return False

    @property
    @abstractmethod
    def sound(self) -> Sound:
        """What is stored of the sound."""

    @property
    @abstractmethod
    def pictures(self) -> Pictures:
        """What is stored of the pictures."""

    @property
    def disk_bytes(self) -> int | None:
        """As if every clip had as many frames as are stored at the most."""
        if self.extent is None:
            return None
        train, val, test = self.extent.samples
        return (train + test + val * self.validates) * self.recipe.most_bytes

    def extent_of(self, samples: tuple[int, int, int]) -> Extent:
        """The extent of so many clips in the parts."""
        sound = self.sound.transform().shape(self.sound.rows.shape)
        return Extent(samples, {"audio": sound, "video": (3, self.taken, self.pixels, self.pixels)})

    @abstractmethod
    def listing(self, material: Material, sources: Mapping[str, Path]) -> Listing:
        """What there is to decode."""

    @property
    def recipe(self) -> Recipe:
        """How a clip becomes rows."""
        pictures, sound = self.pictures, self.sound

        frames = Rows((3, *pictures.size), "|u1", pictures.most)
        rows = {"audio": sound.rows, "frames": frames, "size": Rows((2,), "<i8")}
        if self.masks:
            rows[PRESENT] = Rows((2,), "|b1")
        return Recipe(rows, self._decoded, {"sound": repr(sound), "pictures": repr(pictures)})

    def _decoded(self, clip: Clip) -> dict[str, NDArray[Any]]:
        """A clip's rows; where it may lack something, one of zeros stands for it."""
        pictures, sound = self.pictures, self.sound
        heard, seen = clip.files[0], clip.files[-1]
        frames = self._unless_absent(lambda: media.frames(seen, pictures.rate, pictures.size, pictures.most))
        samples = self._unless_absent(lambda: media.sound(heard, sound.rate))
        if frames is None and samples is None:
            raise UserError(f"{heard} has neither sound nor frames; give another file, or leave it out.")
        if self.refuses_silence and samples is not None and not samples.any():
            raise UserError(f"{heard} is silent throughout; fetch it again, or leave the clip out.")
        nothing = np.zeros(sound.rows.shape, sound.rows.dtype)
        rows = {
            "audio": (nothing if samples is None else sound.stored(samples))[None],
            "frames": np.zeros((1, 3, *pictures.size), "|u1") if frames is None else frames.pictures,
            "size": np.array([frames.size if frames else pictures.size], "<i8"),
        }
        if self.masks:
            rows[PRESENT] = np.array([[samples is not None, frames is not None]])
        return rows

    def _unless_absent(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except media.AbsentError:
            if self.masks:
                return None
            raise

    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        """Decode the clips, and divide those that could be."""
        listing = self.listing(material, sources)
        decoded = decode(listing.clips, self.recipe, folder, material.allowed, self.title)
        write_ranges(folder, "frames", decoded.counts["frames"])
        arrays.write(folder, target=np.array([listing.labels[name] for name in decoded.names], "<i8"))
        for name, parts in listing.divisions.items():
            splits.write(folder, name, splits.rows(parts, decoded.names))
        self.write_preparation(folder)
        settings = {key: str(value) for key, value in self.recipe.settings.items()}
        told = {"clips": len(decoded.names), "left_out": decoded.left_out, "decoder": decoder(), **settings}
        if self.masks:
            counts = (~arrays.read(folder, PRESENT)).sum(0).tolist()
            told["lacking"] = dict(zip(self.modalities, counts, strict=True))
        return {**listing.facts, **told}

    def read(self, folder: Path, parts: splits.Parts) -> Data:
        """The clips of the `parts`, left in their files: audio (1, ...), video (3, taken, pixels, pixels).

        Where clips may lack one, beside which of them have it.
        """
        self.check_preparation(folder)
        first, count = (
            torch.from_numpy(arrays.read(folder, f"frames_{each}")) for each in ("first", "count")
        )
        video = {
            PICTURES: Clips(arrays.mapped(folder, "frames"), first, count, self.taken),
            SIZE: arrays.mapped(folder, "size"),
        }
        audio = arrays.mapped(folder, "audio")
        crops = RandomResizedCrops(size=self.pixels, frames=self.taken)
        transforms: dict[str, Transform] = {"audio": self.sound.transform(), "video": crops}
        stored: dict[str, Any] = {"audio": audio, "video": video}
        if self.masks:
            has = arrays.read(folder, PRESENT)
            stored = {"audio": {VALUES: audio, PRESENT: has[:, 0]}, "video": video | {PRESENT: has[:, 1]}}
            transforms = {modality: WherePresent(each) for modality, each in transforms.items()}
        return arrays.streamed(self.labels, stored, arrays.read(folder, "target"), parts, transforms)
