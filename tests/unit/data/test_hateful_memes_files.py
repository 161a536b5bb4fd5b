"""Files that are not those of Hateful Memes, or not all: each is named, and may be left out."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inforeg.data import arrays
from inforeg.errors import UserError
from inforeg.suite.folders import manifest
from tests.unit.data.test_hateful_memes import Line, lines, prepare, save, write_raw


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw(tmp_path / "raw")


def test_pictures_may_be_links_to_another_disk(raw: Path, tmp_path: Path) -> None:
    (raw / "img").rename(tmp_path / "disk")
    (raw / "img").symlink_to(tmp_path / "disk")
    assert len(arrays.read(prepare(raw), "target")) == 54


def test_what_stands_behind_a_picture_is_no_damage(raw: Path) -> None:
    with (raw / "img/01240.png").open("ab") as file:
        file.write(b"noise")
    assert len(arrays.read(prepare(raw), "target")) == 54


def test_missing_pictures_are_counted_and_refused_below_the_share(raw: Path, caplog: Any) -> None:
    (raw / "img/01240.png").unlink()
    with pytest.raises(
        UserError, match=r"raw lacks 1 of the 54 samples listed \(1240\); .* --min-share 0\.981"
    ):
        prepare(raw)
    with caplog.at_level(logging.WARNING):
        folder = prepare(raw, min_share=0.981)
    assert "raw lacks 1 of the 54" in caplog.text
    assert manifest.read(folder).gathered["missing"] == ["1240"]
    assert len(arrays.read(folder, "target")) == 53


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "cannot be decoded"),
        (b"<html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (None, "cannot be decoded"),
    ],
)
def test_broken_pictures_are_named_and_may_be_left_out(
    raw: Path, content: bytes | None, sentence: str
) -> None:
    broken = raw / "img/01240.png"
    broken.write_bytes(broken.read_bytes()[:-20] if content is None else content)
    with pytest.raises(UserError, match=rf"01240\.png {sentence}.* add --allow 1240"):
        prepare(raw)
    folder = prepare(raw, allowed=frozenset(["1240"]))
    assert list(manifest.read(folder).gathered["left_out"]) == ["1240"]


def put(key: str, value: Any) -> Callable[[dict[str, list[Line]]], None]:
    return lambda lists: lists["dev_seen"][2].update({key: value})


DAMAGES: dict[str, tuple[Callable[[dict[str, list[Line]]], Any], str]] = {
    "an unknown label": (put("label", 2), r"dev_seen\.jsonl, line 3: label = 2 is not valid"),
    "a label in words": (put("label", "yes"), r"line 3: label = 'yes' is not valid"),
    "no label": (lambda lists: lists["dev_seen"][2].pop("label"), r"dev_seen\.jsonl, line 3 has no label"),
    "labels of some of the test": (
        lambda lists: lists["test_seen"][1].pop("label"),
        r"test_seen\.jsonl, line 2 has no label",
    ),
    "no text": (lambda lists: lists["dev_seen"][2].pop("text"), r"line 3 lacks the setting 'text'"),
    "an empty text": (put("text", " \n"), r"dev_seen\.jsonl, line 3 has no word in its text"),
    "no picture": (
        lambda lists: lists["train"][0].pop("img"),
        r"train\.jsonl, line 1 lacks the setting 'img'",
    ),
    "an id twice": (put("id", 1234), r"raw names '1234' 2 times; a sample may stand there once"),
    "a picture elsewhere": (put("img", "../x.png"), r"line 3 names '\.\./x\.png', which is not inside"),
    "a picture at the root": (put("img", "/x.png"), r"line 3 names '/x\.png', which is not inside"),
    "an empty list": (
        lambda lists: lists.update(dev_seen=[]),
        r"dev_seen\.jsonl has no line; fetch it again",
    ),
    "a list instead": (lambda lists: lists.update(train=[["x"]]), r"train\.jsonl, line 1 is not valid"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_bad_lines_are_named_by_file_and_number(raw: Path, damage: str) -> None:
    change, sentence = DAMAGES[damage]
    lists = lines()
    change(lists)
    with pytest.raises(UserError, match=sentence):
        prepare(save(raw, lists))
    assert not (raw.parent / "memes").exists()


def test_a_line_that_is_no_json(raw: Path) -> None:
    path = raw / "train.jsonl"
    path.write_text(path.read_text().replace('"id": 1240', '"id": '))
    with pytest.raises(UserError, match=r"train\.jsonl, line 7 is not valid JSON"):
        prepare(raw)


def test_a_folder_without_lists(raw: Path) -> None:
    (raw / "dev_seen.jsonl").unlink()
    with pytest.raises(
        UserError, match=r"raw holds no dev_seen\.jsonl or dev\.jsonl; give --raw the folder with"
    ):
        prepare(raw)
