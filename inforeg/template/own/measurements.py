"""measurements: two tables of numbers about the same samples, and the class of each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits
from inforeg.data.base import Data
from inforeg.data.gathered import Gathered, Material
from inforeg.data.sources import Source
from inforeg.errors import UserError
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Measurements(Gathered):
    """Samples with a line in each of two tables, divided by chance into training, validation and test."""

    name: ClassVar[str] = "measurements"
    title: ClassVar[str] = "Measurements"
    modalities: ClassVar[tuple[str, ...]] = ("first", "second")
    classes: ClassVar[tuple[str, ...]] = ("low", "middle", "high")
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "your own"
    citation: ClassVar[str] = "your own"
    how: ClassVar[str] = "take the folder of your files"
    layout: ClassVar[str] = "first.csv and second.csv (id, numbers) and classes.csv (id, class)"

    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        """Each modality's numbers (N, columns), float32, the class of each sample (N,), and the division."""
        labels = pd.read_csv(material.raw / "classes.csv", index_col="id")["class"]
        if strange := set(labels) - set(self.classes):
            raise UserError(
                f"{material.raw}/classes.csv has the class {strange.pop()!r}; add it to `classes`."
            )
        target = labels.map(self.classes.index).to_numpy("<i8")
        for modality in self.modalities:
            table = pd.read_csv(material.raw / f"{modality}.csv", index_col="id")
            arrays.write(folder, **{modality: table.loc[labels.index].to_numpy("<f4")})
        arrays.write(folder, target=target)
        splits.write(folder, "stratified", splits.stratified(target, self.name))
        return {"samples": len(target)}

    def load(self, folder: Path) -> Data:
        """A vector (columns,) for each modality, standardised over the training split."""
        parts = splits.read(folder, "stratified")
        inputs: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
        for modality in self.modalities:
            values = arrays.read(folder, modality)
            inputs[modality] = arrays.standardised(values, values[parts["train"]])
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), parts)
