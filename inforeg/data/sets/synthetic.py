"""synthetic: Gaussian classes seen twice, with a Bayes accuracy in closed form. No real data."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat
from pydantic.dataclasses import dataclass

from inforeg.data import arrays
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Source
from inforeg.data.splits import PARTS
from inforeg.random import numpy_stream
from inforeg.registry import OPTIONS
from inforeg.runspec import Count

CLASSES, DIMENSIONS = 8, 24


@dataclass(frozen=True, config=OPTIONS)
class Synthetic(Dataset):
    """Two views x_m = g_m(u_m) / rho_m of u_m = [a_m e_y + tau s + noise, noise'], labelled synthetic.

    e_y is the class's unit vector, s ~ N(0, I) is shared by the views, and g_m turns, bends by a leaky ReLU
    (0.2), turns again and is standardised; it is invertible, so it leaves the Bayes accuracy as it is.

    Attributes:
        signal: a_m of each modality; more makes it tell more.
        slowness: rho of the second modality, whose inputs are divided by it so that it is learned later;
            beyond 4 it is not learned even alone.
        shared: tau, how much of the noise the modalities share.
        maps: g_m, `rotation` as above or `identity`.
        train: samples of the training split.
        val: samples of the validation split.
        test: samples of the test split.
    """

    name: ClassVar[str] = "synthetic"
    title: ClassVar[str] = "Synthetic"
    modalities: ClassVar[tuple[str, ...]] = ("first", "second")
    classes: ClassVar[tuple[str, ...]] = tuple(f"class_{index}" for index in range(CLASSES))
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "none needed: drawn at random"
    citation: ClassVar[str] = "inforeg, synthetic benchmark with a closed-form Bayes accuracy"

    signal: tuple[PositiveFloat, PositiveFloat] = (3.0, 3.0)
    slowness: PositiveFloat = 4.0
    shared: NonNegativeFloat = 0.7
    maps: Literal["rotation", "identity"] = "rotation"
    train: Count = 1800
    val: Count = 600
    test: Count = 2000

    @property
    def drawn(self) -> bool:
        """All of it."""
        return True

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Nothing to store: the samples are drawn when loading, from the benchmark's own stream."""

    def load(self, folder: Path) -> Data:
        """Both views, (24,) each, the classes in turn."""
        sizes = np.cumsum([0, self.train, self.val, self.test])
        parts = {part: np.arange(*sizes[k : k + 2]) for k, part in enumerate(PARTS)}
        latents, target = self.latents(int(sizes[-1]))
        inputs = {}
        for modality, rho in zip(self.modalities, (1.0, self.slowness), strict=True):
            values = _bent(latents[modality], modality) if self.maps == "rotation" else latents[modality]
            inputs[modality] = arrays.standardised(values, values[parts["train"]]) / np.float32(rho)
        return arrays.assembled(self.classes, inputs, target, parts)

    def latents(self, samples: int) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
        """u_m of each modality, (samples, 24), and the classes, (samples,)."""
        generator = numpy_stream(None, "noise", self.name)
        target = np.arange(samples) % CLASSES
        shared = self.shared * generator.standard_normal((samples, CLASSES))
        latents = {}
        for modality, signal in zip(self.modalities, self.signal, strict=True):
            values = generator.standard_normal((samples, DIMENSIONS))
            values[:, :CLASSES] += signal * np.eye(CLASSES)[target] + shared
            latents[modality] = values
        return latents, target

    def weights(self) -> dict[str, NDArray[np.float64]]:
        """Of the Bayes rule for each modality alone and for both ("joint"): Sigma^-1 a, (2,), 0 where unseen.

        The class whose weighted sum over the modalities of u_m's first entries is largest is the most
        probable one, since Sigma = I + tau tau' is the covariance between the modalities of each entry.
        """
        alone = 1 + self.shared**2
        covariance = np.eye(2) + np.full((2, 2), self.shared**2)
        return {
            "first": np.array([self.signal[0] / alone, 0.0]),
            "second": np.array([0.0, self.signal[1] / alone]),
            "joint": np.linalg.solve(covariance, np.array(self.signal)),
        }

    def bayes_predictions(self, latents: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.int64]]:
        """The most probable class, (samples,), seen through each modality alone and through both."""
        entries = np.stack([latents[modality][:, :CLASSES] for modality in self.modalities], axis=-1)
        return {view: (entries @ weight).argmax(1) for view, weight in self.weights().items()}

    def bayes_accuracy(self) -> dict[str, float]:
        """Accuracy of the Bayes rule through each modality alone and through both, in closed form.

        r² = a' Sigma^-1 a, accuracy = ∫ phi(z) Phi(z + r)^(C-1) dz.
        """
        return {
            view: orthogonal_accuracy(float(np.sqrt(weight @ self.signal)), CLASSES)
            for view, weight in self.weights().items()
        }


def orthogonal_accuracy(r: float, classes: int) -> float:
    """Accuracy of the best guess among equally likely, orthogonal signals of strength `r` in unit noise."""
    # Imported late: it takes a third of a second, which no training run needs.
    from scipy.integrate import quad  # noqa: PLC0415
    from scipy.stats import norm  # noqa: PLC0415

    return float(quad(lambda z: norm.pdf(z) * norm.cdf(z + r) ** (classes - 1), -9, 9)[0])


def _bent(values: NDArray[np.float64], modality: str) -> NDArray[np.float64]:
    """The map g_m before standardising: rotation, leaky ReLU 0.2, rotation."""
    generator = numpy_stream(None, "maps", Synthetic.name, modality)
    first, second = (np.linalg.qr(generator.standard_normal((DIMENSIONS, DIMENSIONS)))[0] for _ in range(2))
    turned = values @ first
    bent: NDArray[np.float64] = np.maximum(turned, 0.2 * turned) @ second
    return bent
