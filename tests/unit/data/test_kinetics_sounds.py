"""Kinetics-Sounds from small clips that are made here, under the two forms of names that its lists have."""

from pathlib import Path

import numpy as np
import pytest

from inforeg.data.gathered import Material
from inforeg.data.sets.kinetics_sounds import KineticsSounds, clip_name
from inforeg.errors import UserError
from inforeg.suite.folders import gathering, manifest
from tests.media import make

CLASSES = 3
TRAIN = [f"tr{number:02}_-video_{number:06}_{number + 10:06}" for number in range(24)]
TEST = [f"te{number:02}_-video_{number}" for number in range(6)]


def lines(names: list[str]) -> list[str]:
    return [f"{name},10,{number % CLASSES}" for number, name in enumerate(names)]


def write_lists(raw: Path, train: list[str], test: list[str]) -> None:
    for part, written in (("train", train), ("test", test)):
        (raw / f"my_{part}.txt").write_text("".join(f"{line}\n" for line in written))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clips in folders as Kinetics' copies have them, all under Kinetics' own names."""
    raw = tmp_path_factory.mktemp("kinetics")
    whole = [*TRAIN, *(f"{name[:11]}_{int(name[12:]):06}_{int(name[12:]) + 10:06}" for name in TEST)]
    for number, name in enumerate(whole):
        kind = number % CLASSES
        size = (48, 64) if number % 2 else (64, 36)
        make(raw / f"class {kind}/{name}.mp4", 1.0, size=size, pitch=400.0 + 300 * kind, shade=40 + 60 * kind)
    return raw


@pytest.fixture
def raw(clips: Path) -> Path:
    write_lists(clips, lines(TRAIN), lines(TEST))
    return clips


@pytest.fixture(autouse=True)
def _three_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KineticsSounds, "classes", ("0", "1", "2"))


def prepared(raw: Path, folder: Path, **given: object) -> Path:
    gathering.gather(KineticsSounds(), Material(raw, own_lists=True, **given), folder)
    return folder


def test_clips_of_both_forms_of_names_are_found(raw: Path, tmp_path: Path) -> None:
    folder = prepared(raw, tmp_path / "ks")
    told = manifest.read(folder)
    assert [sum(told.counts["field"][part].values()) for part in ("train", "val", "test")] == [21, 3, 6]
    assert told.gathered["missing"] == told.gathered["unlisted"] == []
    assert np.load(folder / "audio.npy").shape == (30, 1024, 128)
    assert np.load(folder / "audio.npy").dtype == np.float32
    assert {tuple(size) for size in np.load(folder / "size.npy").tolist()} == {(48, 64), (64, 36)}
    data = KineticsSounds(pixels=32).load(folder)
    assert data.shape("audio") == (1, 1024, 128)
    assert data.shape("video") == (3, 3, 32, 32)
    assert {name: data.shape(name) for name in ("audio", "video")} == KineticsSounds(pixels=32).extent.shapes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("--4-0ihtnBU_000058_000068", "--4-0ihtnBU_58"),
        ("0_foD_3s77Y_15", "0_foD_3s77Y_15"),
        ("0d6mInnyN_0_3", "0d6mInnyN_0_3"),
    ],
)
def test_names_hold_underscores(name: str, expected: str) -> None:
    assert clip_name(name, "list") == expected


def test_missing_clips_are_counted_and_listed(raw: Path, tmp_path: Path) -> None:
    write_lists(raw, lines([*TRAIN, "gone0000000_000001_000011"]), lines(TEST))
    assert manifest.read(prepared(raw, tmp_path / "ks")).gathered["missing"] == ["gone0000000_1"]
    with pytest.raises(UserError, match=r"lacks 1 of the 31 samples listed \(gone0000000_1\)"):
        prepared(raw, tmp_path / "all", min_share=1.0)


def test_a_clip_in_both_lists_is_of_the_test(raw: Path, tmp_path: Path) -> None:
    twice = f"{TEST[0][:11]}_000000_000010"
    write_lists(raw, lines([*TRAIN, twice]), lines(TEST))
    told = manifest.read(prepared(raw, tmp_path / "ks"))
    assert told.gathered["in_both_lists"] == [TEST[0]]
    assert sum(told.counts["field"]["train"].values()) == 21


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-3Mwkq-7TV4_2,10", r"my_train\.txt, line 25 is '-3Mwkq-7TV4_2,10', not three fields"),
        ("short_2,10,1", r"line 25 has the name 'short_2', not a video and a second"),
        ("-3Mwkq-7TV4_2,10,3", r"line 25: There is no class '3'"),
        (f"{TRAIN[0]},10,1", r"line 25 gives tr00_-video_0 another class than a line before"),
    ],
)
def test_lists_that_do_not_fit_are_refused(raw: Path, tmp_path: Path, line: str, sentence: str) -> None:
    write_lists(raw, [*lines(TRAIN), line], lines(TEST))
    with pytest.raises(UserError, match=sentence):
        prepared(raw, tmp_path / "ks")


def test_two_files_of_one_clip_are_refused(raw: Path, tmp_path: Path) -> None:
    twin = raw / f"{TEST[0]}.mkv"
    twin.write_bytes(b"")
    try:
        with pytest.raises(UserError, match=rf"_000010\.mp4 and .*{twin.name} are one clip; remove one"):
            prepared(raw, tmp_path / "ks")
    finally:
        twin.unlink()


def test_silence_is_a_sound(raw: Path, tmp_path: Path) -> None:
    path = next(raw.rglob(f"{TRAIN[0]}.mp4"))
    content = path.read_bytes()
    try:
        make(path, 1.0, pitch=0.0)
        assert manifest.read(prepared(raw, tmp_path / "ks")).gathered["left_out"] == {}
    finally:
        path.write_bytes(content)
