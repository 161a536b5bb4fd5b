"""Emoji: which names are one group, and what is prepared of them."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data import arrays, splits
from inforeg.data.sets.emoji import WORDS, Emoji, group
from inforeg.data.words import words

Prepared = Callable[[str], Path]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["CLOCK FACE ONE OCLOCK", "CLOCK FACE TWELVE-THIRTY"], "clock face"),
        (["MAN ASTRONAUT", "WOMAN ASTRONAUT", "ASTRONAUT"], "astronaut"),
        (["WOMAN: RED HAIR", "BEARDED PERSON", "GIRL", "PERSON: CURLY HAIR"], ""),
        (["FAMILY: MAN, WOMAN, GIRL, BOY", "FAMILY: ADULT, CHILD", "FAMILY"], "family"),
        (["LARGE RED SQUARE", "BLACK MEDIUM SMALL SQUARE"], "square"),
        (["WHITE LEFT POINTING BACKHAND INDEX", "WHITE UP POINTING BACKHAND INDEX"], "backhand index"),
        (["WAXING GIBBOUS MOON SYMBOL", "FULL MOON SYMBOL"], "moon symbol"),
        (["KEYCAP: *", "KEYCAP 7", "KEYCAP TEN"], "keycap"),
        (["GRINNING CAT FACE WITH SMILING EYES"], "smiling eyes"),
    ],
)
def test_likenesses_are_one_group(names: list[str], expected: str) -> None:
    assert {group(name) for name in names} == {expected}


def test_no_group_lies_in_two_parts(prepared: Prepared) -> None:
    folder = prepared("emoji")
    groups = Emoji().groups(folder)
    assert len(np.unique(groups)) == 1198
    parts = splits.read(folder, "group")
    held = [set(groups[positions].tolist()) for positions in parts.values()]
    assert sum(map(len, held)) == 1198
    large = set(np.flatnonzero(np.bincount(groups) > 4).tolist())
    assert large <= held[splits.PARTS.index("train")]


def test_every_class_is_in_every_part_by_its_share(prepared: Prepared) -> None:
    target, parts = arrays.read(prepared("emoji"), "target"), splits.read(prepared("emoji"), "group")
    sizes = np.bincount(target)
    assert dict(zip(Emoji.classes, sizes.tolist(), strict=True)) == {
        "Smileys & Emotion": 168,
        "People & Body": 385,
        "Animals & Nature": 153,
        "Food & Drink": 135,
        "Travel & Places": 218,
        "Activities": 85,
        "Objects": 262,
        "Symbols": 223,
    }
    for part, share in zip(splits.PARTS, (0.6, 0.2, 0.2), strict=True):
        assert np.abs(np.bincount(target[parts[part]]) / sizes - share).max() < 0.04


def listed() -> list[dict[str, str]]:
    """What the names' wheel says of each emoji that is taken, in Unicode's order."""
    source = Emoji.sources["names"]
    every = json.loads(source.read(source.fetch())["emoji.json"])  # type: ignore[attr-defined]
    taken = [each for each in every if each["category"] in Emoji.classes]
    return sorted(taken, key=lambda each: each["sort_order"])


def test_words_of_categories_in_names() -> None:
    found, all_listed = {}, listed()
    for word in {word for label in Emoji.classes for word in words(label)} | {"person", "symbol", "place"}:
        holders = [each["category"] for each in all_listed if word in words(each["name"])]
        if word != "&" and holders:
            found[word] = dict(Counter(holders))
    smileys, people, food, travel, activities, objects, symbols = (
        Emoji.classes[place] for place in (0, 1, 3, 4, 5, 6, 7)
    )
    assert found == {
        "person": {people: 37},
        "people": {people: 2},
        "food": {food: 3, smileys: 1},
        "drink": {food: 2},
        "symbol": {symbols: 24, smileys: 7, travel: 8, objects: 3},
        "symbols": {symbols: 1, smileys: 1},
        "place": {activities: 3, symbols: 2},
    }


def test_sexes_and_sides_of_an_emoji_are_its_group(prepared: Prepared) -> None:
    names = [each["name"] for each in listed()]
    groups = arrays.read(prepared("emoji"), "group")
    running = groups[names.index("RUNNER")]
    assert [name for name, group in zip(names, groups, strict=True) if group == running] == [
        "RUNNER",
        "MAN RUNNING",
        "WOMAN RUNNING",
        "PERSON RUNNING FACING RIGHT",
        "WOMAN RUNNING FACING RIGHT",
        "MAN RUNNING FACING RIGHT",
    ]


def test_pictures_and_names_as_loaded(prepared: Prepared) -> None:
    folder = prepared("emoji")
    data = Emoji().load(folder)
    assert data.shape("image") == (3, 32, 32)
    assert data.shape("text") == {"tokens": (WORDS,), "length": ()}
    image = data.train.batch(torch.arange(len(data.train))).inputs["image"]
    assert torch.allclose(image.mean((0, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(image.std((0, 2, 3)), torch.ones(3), atol=1e-3)


def test_words_are_numbered_by_the_training_names(prepared: Prepared) -> None:
    folder = prepared("emoji")
    known = json.loads((folder / "vocabulary.json").read_text())["words"]
    tokens, length = arrays.read(folder, "tokens"), arrays.read(folder, "length")
    assert tokens.max() == len(known) == 308
    assert (length.min(), length.max()) == (1, 11)
    # Unicode's list begins with the grinning face.
    assert [known[number - 1] for number in tokens[0][: length[0]]] == ["grinning", "face"]
    trained = np.unique(tokens[splits.read(folder, "group")["train"]])
    assert np.array_equal(trained, np.arange(309))
