"""What every data set promises of its folder and of what it reads from there."""

import filecmp
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inforeg.batch import Values
from inforeg.data import checks
from inforeg.data.base import Dataset, Extent
from inforeg.data.gathered import Gathered, Material
from inforeg.data.split import Data, Split
from inforeg.data.splits import PARTS
from inforeg.suite.folders import gathering, manifest, store
from inforeg.suite.folders.listing import directory_hash
from inforeg.testing.promises import require


@dataclass(frozen=True)
class Made:
    """A data set whose folder has been made in two places.

    Attributes:
        dataset: with its options.
        folder: of it.
        again: the same, made a second time.
    """

    dataset: Dataset
    folder: Path
    again: Path

    @property
    def parts(self) -> tuple[str, ...]:
        """Splits with samples of their own."""
        return PARTS if self.dataset.validates else ("train", "test")

    def load(self, folder: Path, seed: int) -> Data:
        """What it reads from a folder, while the global sources of chance are in a state of their own."""
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        return self.dataset.load(folder)


def make(dataset: Dataset, material: Material | None, root: Path) -> Made:
    """Make the folder twice below `root`: of pinned sources, or of the user's files `material`.

    Raises:
        UserError: it cannot be made, or is not fit for training.
    """
    folders = root / "first" / dataset.place, root / "second" / dataset.place
    for folder in folders:
        if isinstance(dataset, Gathered) and material is not None:
            gathering.gather(dataset, material, folder)
        else:
            store.prepare(dataset, folder)
    return Made(dataset, *folders)


def check_described(made: Made) -> None:
    """Title, licence, citation, modalities and classes say something, the latter each once."""
    dataset = made.dataset
    for key in ("title", "licence", "citation"):
        value = getattr(dataset, key, "")
        require(bool(str(value).strip()), f"its {key} is empty; say it in the class.")
    for key, names in (("modalities", dataset.modalities), ("classes", dataset.labels)):
        blank = not names or not all(name.strip() for name in names)
        require(not blank, f"its {key} lack a name; name them all in the class.")
        require(len(set(names)) == len(names), f"its {key} name one twice; give each a name of its own.")


def check_reproducible(made: Made) -> None:
    """Its folder is made bit for bit the same again."""
    one, other = ({name: folder / name for name in manifest.files_in(folder)} for folder in _folders(made))
    same = one.keys() & other.keys()
    differing = {name for name in same if not filecmp.cmp(one[name], other[name], shallow=False)}
    wrong = sorted(differing | (one.keys() ^ other.keys()) - {manifest.NAME})
    require(
        not wrong,
        f"made twice, its folder differs in {(wrong or [''])[0]}; let nothing in it hang on chance, time, "
        "the order of a listing or the folder's place.",
    )


def _folders(made: Made) -> tuple[Path, Path]:
    return made.folder, made.again


def check_fit(made: Made) -> None:
    """Shapes, types, labels and classes are such as can be trained on."""
    data = made.load(made.folder, 0)
    checks.check(data, made.dataset.name, made.dataset.modalities)
    require(
        data.train.modalities == tuple(made.dataset.modalities),
        f"load() gives the modalities {', '.join(data.train.modalities)}, other than the class says; let "
        "both be the same, in one order.",
    )
    require(
        tuple(data.classes) == tuple(made.dataset.labels),
        "load() gives other classes than the class says; let both be the same, in one order.",
    )


def check_extent(made: Made) -> None:
    """It has as many samples, of such shapes, as it says beforehand, if it does."""
    stated, data = made.dataset.extent, made.load(made.folder, 0)
    if stated is None:
        return
    shapes = {modality: data.shape(modality) for modality in data.train.modalities}
    found = Extent((len(data.train), len(data.val), len(data.test)), shapes)
    require(found == stated, f"its extent says {stated}, and load() gives {found}; mend `extent`.")


def check_same_bits(made: Made) -> None:
    """Loaded again, from another place and whatever else draws numbers, it is the same to the bit."""
    one, other = (made.load(folder, seed) for seed, folder in enumerate(_folders(made)))
    for part in PARTS:
        same = _equal(getattr(one, part), getattr(other, part))
        require(
            same,
            f"loaded twice, its {part} split has other bits; draw from `random.numpy_stream` alone, and let "
            "nothing hang on the folder's place.",
        )
    require(
        one.ids.keys() == other.ids.keys() and all(torch.equal(one.ids[k], other.ids[k]) for k in one.ids),
        "loaded twice, its samples have other ids; let them be their places in the folder.",
    )


def check_leaves_alone(made: Made) -> None:
    """Loading leaves its folder as it was."""
    before = directory_hash(made.folder)
    made.load(made.folder, 0)
    require(
        directory_hash(made.folder) == before,
        "load() changes its folder, which data.dvc pins; write in prepare() alone.",
    )


def check_disjoint(made: Made) -> None:
    """No sample is in two splits."""
    data = made.load(made.folder, 0)
    twins = checks.repeated(data, made.parts)
    require(not twins, f"{(twins or [''])[0]}; keep each in one.")
    _apart(made, {part: data.ids[part] for part in made.parts if part in data.ids}, "sample of the id")


def check_groups(made: Made) -> None:
    """Where it knows who or what samples are of, as of one person, nobody is in two splits."""
    groups, data = made.dataset.groups(made.folder), made.load(made.folder, 0)
    if groups is None:
        return
    require(
        data.ids.keys() >= set(made.parts),
        "it knows of groups, but its samples have no ids; let load() give their places in the folder.",
    )
    found = {part: torch.from_numpy(groups[data.ids[part].numpy()]) for part in made.parts}
    _apart(made, found, "group")


def _apart(made: Made, numbers: Mapping[str, Tensor], what: str) -> None:
    """Raise where two splits share one of the numbers."""
    seen: dict[int, str] = {}
    for part, found in numbers.items():
        for number in sorted(set(found.tolist())):
            first = seen.setdefault(number, part)
            require(
                first == part,
                f"the {what} {number} is in {first} and in {part}; divide the samples so that it is in one.",
            )


def _equal(one: Split, other: Split) -> bool:
    """Whether two splits show the same samples, clean, to the bit."""
    if not torch.equal(one.target, other.target) or one.modalities != other.modalities:
        return False
    order = torch.split(torch.arange(len(one)), one.at_once)
    return all(
        torch.equal(a, b)
        for index in order
        for modality, values in one.batch(index).inputs.items()
        for a, b in zip(_tensors(values), _tensors(other.batch(index).inputs[modality]), strict=True)
    )


def _tensors(values: Values) -> Iterator[Tensor]:
    yield from values.values() if isinstance(values, Mapping) else [values]


CHECKS: tuple[Callable[[Made], None], ...] = (
    check_described,
    check_reproducible,
    check_fit,
    check_extent,
    check_same_bits,
    check_leaves_alone,
    check_disjoint,
    check_groups,
)
