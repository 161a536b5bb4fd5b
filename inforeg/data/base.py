"""What a data set is: pinned sources, a folder made from them, and splits read from the folder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from inforeg.batch import Shape
from inforeg.data.sources import Source
from inforeg.data.split import Data, Held, Split

__all__ = ["Data", "Dataset", "Extent", "Held", "Split"]


@dataclass(frozen=True)
class Extent:
    """How much data there are.

    Attributes:
        samples: of training, validation and test.
        shapes: of one sample as an encoder is given it, by modality.
    """

    samples: tuple[int, int, int]
    shapes: Mapping[str, Shape]


class Dataset(ABC):
    """A data set with fixed splits; its dataclass fields are the options of loading (noise, which split).

    `prepare` makes the folder bit for bit the same everywhere, so it only unpacks and re-packs. Whatever
    depends on floating point (standardising, noise, windows) happens in `load`.

    Attributes:
        name: the registered name.
        title: how tables call it.
        modalities: in the order in which tables list them.
        classes: class names, in the order of their indices; none where they are among the options.
        sources: pinned files that `prepare` reads, by a key of the data set's own.
        licence: of the data.
        citation: what a paper that uses the data must cite.
        version: of `load`, part of every run's spec; raise it when what it reads may change.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]
    classes: ClassVar[tuple[str, ...]]
    sources: ClassVar[Mapping[str, Source]]
    licence: ClassVar[str]
    citation: ClassVar[str]

    @property
    def place(self) -> str:
        """The folder's name under data/."""
        return self.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of their indices: `classes`, unless the options have a say."""
        return self.classes

    @property
    def preparation(self) -> Mapping[str, Any]:
        """The options on which its folder hangs, as JSON values; those of loading are not among them."""
        return {}

    @property
    def validates(self) -> bool:
        """Whether its validation split is one of its own; if not, it is the test split again."""
        return True

    @property
    def drawn(self) -> bool:
        """Whether `load` draws noise, or samples: once, the same for every seed of training."""
        return False

    @property
    def extent(self) -> Extent | None:
        """What `load` will give of all that is listed; None where only the folder tells."""
        return None

    def groups(self, folder: Path) -> NDArray[Any] | None:
        """Who or what each sample in the prepared `folder` is of, integers (N,); None where nothing says.

        Samples of one group, as of one person, are no independent ones.
        """
        return None

    @abstractmethod
    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Write the data set's arrays and split indices from its fetched `sources` into an empty folder."""

    @abstractmethod
    def load(self, folder: Path) -> Data:
        """Read the prepared `folder` and apply the options."""
