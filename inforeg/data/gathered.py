"""Data sets of files that the user has got: media and features that no package index carries."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from inforeg.data.base import Dataset
from inforeg.errors import UserError, said, shown
from inforeg.files import write_json
from inforeg.reading import json_value, read_text

T = TypeVar("T")

PREPARATION = "preparation.json"


@dataclass(frozen=True)
class Material:
    """What the user hands to a preparation.

    Attributes:
        raw: folder of the files, as their owners publish them.
        allowed: names of samples that may be left out where they cannot be read.
        min_share: share of the listed samples that must be there; if None, the data set's own.
        own_lists: take the lists of samples from the raw folder, in place of the pinned ones.
    """

    raw: Path
    allowed: frozenset[str] = frozenset()
    min_share: float | None = None
    own_lists: bool = False

    def readable(self, files: Mapping[str, Path], read: Callable[[Path], T]) -> dict[str, T]:
        """What `read` makes of each sample's file, without those that may be left out and cannot be read.

        Args:
            files: by the sample's name, in order.
            read: raises whatever it will for a file that is damaged.

        Raises:
            UserError: one cannot be read and is not `allowed`.
        """
        found = {}
        for name, path in files.items():
            try:
                found[name] = read(path)
            except Exception as error:
                if name not in self.allowed:
                    raise UserError(
                        f"{path} cannot be read ({said(error)}); mend it, or go on without by --allow {name}."
                    ) from error
        return found


class Gathered(Dataset):
    """A data set of files that the user has: made of them once, pinned by the laboratory's own data.dvc.

    What decoders and floating point make of media need not be the same bits on another machine, so nobody
    else's data.dvc can pin it.

    Attributes:
        how: where the files are had and under which conditions, as the rest of a sentence.
        layout: what the raw folder holds.
        min_share: share of the listed samples that must be there.
    """

    how: ClassVar[str]
    layout: ClassVar[str]
    min_share: ClassVar[float] = 1.0

    @property
    def disk_bytes(self) -> int | None:
        """What the folder takes at the most; None where that is not known."""
        return None

    @abstractmethod
    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        """Make the arrays.

        Args:
            material: the user's files.
            sources: the data set's own pinned files, fetched; none with `own_lists`.
            folder: where the arrays go. It may hold what an interrupted call made, and a later call will find
                what this one leaves: nothing half-made may look whole. Notes on the progress go beside it.

        Returns:
            What the manifest is to say of it, as JSON values.
        """

    def download(self, confirm: Callable[[str], None]) -> Path:
        """The raw folder, fetched; `confirm` is told what that takes, and raises if it is not wanted."""
        raise UserError(f"{self.title} has no download here; {self.how}, and give its folder as --raw.")

    def write_preparation(self, folder: Path) -> None:
        """Keep the options on which the folder hangs beside its arrays."""
        if self.preparation:
            write_json(folder / PREPARATION, self.preparation)

    def check_preparation(self, folder: Path) -> None:
        """Raise where the prepared `folder` hangs on other options than these."""
        if not self.preparation:
            return
        path = folder / PREPARATION
        there = json_value(read_text(path), str(path))
        for key, own in self.preparation.items():
            if (found := there.get(key)) != own:
                raise UserError(
                    f"{folder} was prepared with {key} = {shown(found)}, and {key} = {shown(own)} is asked "
                    "for; take the one of the folder, or prepare another folder."
                )

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Nothing can be rebuilt without the user's files."""
        raise UserError(self.remedy)

    @property
    def remedy(self) -> str:
        """How its folder is had, as a sentence."""
        return (
            f"{self.title} does not come by itself; {self.how}, and run `inforeg data prepare {self.place} "
            "--raw DIR`."
        )
