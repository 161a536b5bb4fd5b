"""hateful_memes: pictures with a text that together may be hateful (Facebook AI, 2020)."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass

from inforeg.batch import Shape
from inforeg.data import arrays, media, splits
from inforeg.data.base import Data, Extent
from inforeg.data.decoding import Clip, Recipe, Rows, decode, decoder
from inforeg.data.gathered import Gathered, Material
from inforeg.data.listed import compared, lines_of, refuse_twice
from inforeg.data.pictures import PICTURES, SIZE, RandomResizedCrops
from inforeg.data.sources import Source
from inforeg.data.words import numbered, vocabulary, words
from inforeg.errors import UserError, shown
from inforeg.files import write_json
from inforeg.reading import json_value, validated
from inforeg.registry import OPTIONS

SIDE = 256
"""Height and width of the pictures as they are stored; crops are chosen in the picture as it was."""

WORDS = 64
"""Of a text that are kept."""

VAL_SHARE = 0.1
"""Of the list for training, held out for validation."""

FILES = {
    "train": ("train.jsonl",),
    "dev": ("dev_seen.jsonl", "dev.jsonl"),
    "test": ("test_seen.jsonl", "test.jsonl"),
}
"""The list of each part, by its name now and in the first release."""

LISTED = {"train": 8500, "dev": 500, "test": 1000}
"""How long the lists are."""


class Line(BaseModel):
    """A line of a list; its label is not there where the owners keep it back."""

    id: int | str
    img: str
    text: str
    label: Literal[0, 1] | None = None


class Meme(NamedTuple):
    """A sample of a list."""

    name: str
    part: str
    picture: Path
    text: str
    label: int


@dataclass(frozen=True, config=OPTIONS)
class HatefulMemes(Gathered):
    """Memes that are hateful or not by picture and text together.

    Pictures are cropped at random, mirrored and normalised as ImageNet's. The vocabulary is that of the
    training part, words that are there twice at least. A tenth of each class of the training list is the
    validation part.

    Attributes:
        test: which list is tested on: `dev`, the seen one, whose labels are public; or `test`, where the raw
            folder had its labels.
        pixels: height and width of the crops.
    """

    name: ClassVar[str] = "hateful_memes"
    title: ClassVar[str] = "Hateful Memes"
    modalities: ClassVar[tuple[str, ...]] = ("image", "text")
    classes: ClassVar[tuple[str, ...]] = ("not hateful", "hateful")
    sources: ClassVar[Mapping[str, Source]] = {}
    how: ClassVar[str] = (
        "get it from Meta AI under the licence of the Hateful Memes Challenge (hatefulmemeschallenge.com)"
    )
    layout: ClassVar[str] = "train.jsonl, dev_seen.jsonl, perhaps test_seen.jsonl, and img/*.png"
    licence: ClassVar[str] = "Hateful Memes Challenge dataset licence: for research, not to be passed on"
    citation: ClassVar[str] = (
        "D. Kiela, H. Firooz, A. Mohan, V. Goswami, A. Singh, P. Ringshia, D. Testuggine: The Hateful Memes "
        "Challenge: Detecting hate speech in multimodal memes, NeurIPS 2020"
    )

    test: Literal["dev", "test"] = "dev"
    pixels: Annotated[int, Field(ge=32, le=1024)] = 224

    @property
    def extent(self) -> Extent:
        """As listed."""
        train, tested = LISTED["train"], LISTED[self.test]
        val = round(VAL_SHARE * train)
        text: Shape = {"tokens": (WORDS,), "length": ()}
        return Extent((train - val, val, tested), {"image": (3, self.pixels, self.pixels), "text": text})

    @property
    def disk_bytes(self) -> int:
        """Of all lists: the picture, words of four bytes, their number and the label."""
        return sum(LISTED.values()) * (PICTURE.most_bytes + 4 * WORDS + 2 * 8)

    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        """Pictures (N, 3, 256, 256) and their own size, tokens (N, 64) and their length, target (N,)."""
        memes = {meme.name: meme for meme in _memes(material.raw)}
        there = [name for name, meme in memes.items() if meme.picture.is_file()]
        facts = compared(list(memes), there, material, self.min_share)
        clips = [Clip(name, (memes[name].picture,)) for name in there]
        decoded = decode(clips, PICTURE, folder, material.allowed, self.title)
        told = _write([memes[name] for name in decoded.names], folder)
        return {**facts, "left_out": decoded.left_out, "decoder": decoder(), **told}

    def load(self, folder: Path) -> Data:
        """image: (3, pixels, pixels), cropped; text: tokens (64,) with their length."""
        if not (folder / f"split_{self.test}_test.npy").exists():
            raise UserError(
                f"{folder} holds no labels of the part test; make it of a folder with a labelled "
                "test_seen.jsonl, or leave test at 'dev'."
            )
        stored = {
            "image": {name: arrays.mapped(folder, name) for name in (PICTURES, SIZE)},
            "text": {name: arrays.mapped(folder, name) for name in ("tokens", "length")},
        }
        target, parts = arrays.read(folder, "target"), splits.read(folder, self.test)
        return arrays.streamed(
            self.classes, stored, target, parts, {"image": RandomResizedCrops(size=self.pixels)}
        )


def _picture(clip: Clip) -> dict[str, NDArray[Any]]:
    found = media.picture(clip.files[0], (SIDE, SIDE))
    return {PICTURES: found.pictures, SIZE: np.array([found.size], "<i8")}


PICTURE = Recipe({PICTURES: Rows((3, SIDE, SIDE), "|u1"), SIZE: Rows((2,), "<i8")}, _picture, {})
"""What of it could be set is in the rows' shapes."""


def _write(memes: Sequence[Meme], folder: Path) -> dict[str, Any]:
    """All but the pictures of `memes`, in the order of their rows; what the manifest says of them."""
    labels = {part: {meme.name: meme.label for meme in memes if meme.part == part} for part in FILES}
    train, val = splits.cut(labels["train"], VAL_SHARE, "hateful_memes", "val")
    texts = {meme.name: meme.text for meme in memes}
    known = vocabulary(texts[name] for name in train)
    tokens, length = numbered([*texts.values()], known, WORDS)
    write_json(folder / "vocabulary.json", {"words": known})
    target = np.array([meme.label for meme in memes], "<i8")
    arrays.write(folder, tokens=tokens.astype("<i4"), length=length.astype("<i8"), target=target)
    for left in folder.glob("split_*.npy"):  # by a call whose raw folder had labels that are gone
        left.unlink()
    for tested in ("dev", "test"):
        if labels[tested]:
            parts = {"train": train, "val": val, "test": labels[tested]}
            splits.write(folder, tested, splits.rows(parts, [*texts]))
    counts = {part: len(found) for part, found in labels.items()}
    return {"memes": counts, "vocabulary": len(known), "cut": sum(len(words(m.text)) > WORDS for m in memes)}


def _memes(raw: Path) -> list[Meme]:
    """Those of all lists in `raw` whose labels are there."""
    found: list[Meme] = []
    for part, names in FILES.items():
        path = next((raw / name for name in names if (raw / name).is_file()), None)
        if path is not None:
            found += _listed(path, raw, part)
        elif part != "test":
            raise UserError(
                f"{raw} holds no {' or '.join(names)}; give --raw the folder with {HatefulMemes.layout}."
            )
    refuse_twice((meme.name for meme in found), f"{raw}")
    return found


def _listed(path: Path, raw: Path, part: str) -> list[Meme]:
    """Those of one list; none of a test whose labels its owners keep back."""
    read = [(place, validated(Line, json_value(text, place), place)) for place, text in lines_of(path)]
    if not read:
        raise UserError(f"{path} has no line; fetch it again.")
    if part == "test" and all(line.label is None for _, line in read):
        return []
    found = []
    for place, line in read:
        if line.label is None:
            raise UserError(f"{place} has no label; give a list in which every line has one.")
        if not words(line.text):
            raise UserError(f"{place} has no word in its text; mend the line, or take it out of the list.")
        found.append(Meme(str(line.id), part, _at(raw, line.img, place), line.text, line.label))
    return found


def _at(raw: Path, name: str, place: str) -> Path:
    """Where a picture lies: below `raw`, which may hold links to another disk."""
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise UserError(f"{place} names {shown(name)}, which is not inside {raw}; it was not touched.")
    return raw / name
