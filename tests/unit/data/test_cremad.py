"""CREMA-D in its own layout, from small clips that are made here."""

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data.gathered import Material
from inforeg.data.sets import cremad
from inforeg.data.sets.cremad import CremaD, actor_of
from inforeg.errors import UserError
from inforeg.suite.folders import gathering, manifest
from tests.media import make
from tests.unit.data.lfs.server import published, serving
from tests.unit.data.test_data_cli import call

EMOTIONS = CremaD.classes
ACTORS = range(1001, 1011)
NAMES = [f"{actor}_DFA_{emotion}_XX" for actor, emotion in itertools.product(ACTORS, EMOTIONS)]
TEST = {f"{1001 + number}_DFA_{emotion}_XX" for number, emotion in enumerate(EMOTIONS)}


def label(name: str) -> str:
    return name.split("_")[2]


def write_lists(raw: Path) -> None:
    parts = {"train": [name for name in NAMES if name not in TEST], "test": sorted(TEST)}
    for part, names in parts.items():
        (raw / f"{part}.csv").write_text("".join(f"{name},{label(name)}\n" for name in names))


def write_raw(raw: Path) -> Path:
    """Sixty clips, each as a sound and as pictures, with lists of their own."""
    for name in NAMES:
        kind = EMOTIONS.index(label(name))
        seconds = 1.0 + 0.1 * (int(actor_of(name)) % 7)
        make(raw / f"AudioWAV/{name}.wav", seconds, video=False, rate=16_000, pitch=300.0 + 200 * kind)
        make(raw / f"VideoFlash/{name}.flv", seconds, sound=False, size=(36, 48), shade=30 + 30 * kind)
    write_lists(raw)
    return raw


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, once for all tests."""
    return write_raw(tmp_path_factory.mktemp("cremad"))


@pytest.fixture
def raw(made: Path, tmp_path: Path) -> Path:
    """The same, for one's own changes; its files are links."""
    copied = tmp_path / "raw"
    shutil.copytree(made, copied, copy_function=lambda source, target: Path(target).symlink_to(source))
    for part in ("train", "test"):
        (copied / f"{part}.csv").unlink()
    write_lists(copied)
    return copied


def prepared(raw: Path, folder: Path, **given: object) -> Path:
    gathering.gather(CremaD(), Material(raw, own_lists=True, **given), folder)
    return folder


@pytest.fixture(scope="session")
def whole(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared folder."""
    return prepared(made, tmp_path_factory.mktemp("prepared") / "cremad")


def test_the_folder_holds_sound_and_frames(whole: Path) -> None:
    audio, frames, size, count = (
        np.load(whole / f"{name}.npy") for name in ("audio", "frames", "size", "frames_count")
    )
    assert audio.shape == (60, 66_150)
    assert audio.dtype == np.int16
    assert frames.shape == (count.sum(), 3, 256, 341)
    assert frames.dtype == np.uint8
    assert size.tolist() == [[36, 48]] * 60
    assert set(count.tolist()) == {3, 4, 5}  # of 1.0 to 1.6 s at 3 a second
    kinds = np.load(whole / "target.npy")
    assert np.abs(frames.mean((1, 2, 3)) - np.repeat(30 + 30 * kinds, count)).max() < 6
    # A sound of a second is heard three times.
    first = np.flatnonzero([int(actor_of(name)) % 7 == 0 for name in names(whole)])
    assert np.array_equal(audio[first, :22_050], audio[first, 44_100:])


def names(folder: Path) -> list[str]:
    """In the order of the rows: the training list, then that for the test."""
    assert manifest.read(folder).gathered["clips"] == 60
    return [name for name in NAMES if name not in TEST] + sorted(TEST)


def test_the_manifest_counts_and_tells_how_it_was_decoded(whole: Path) -> None:
    told = manifest.read(whole)
    assert told.counts["field"]["test"] == dict.fromkeys(EMOTIONS, 1)
    assert told.counts["field"]["val"] == dict.fromkeys(EMOTIONS, 1)
    assert told.counts["field"]["train"] == dict.fromkeys(EMOTIONS, 8)
    assert told.gathered["missing"] == told.gathered["unlisted"] == []
    assert told.gathered["actors"] == {str(actor): 6 for actor in ACTORS}
    assert "FFmpeg" in told.gathered["decoder"]
    assert "22050" in told.gathered["sound"]


def test_no_actor_is_in_two_parts_of_the_split_by_actors(whole: Path) -> None:
    data = CremaD(split="actor").load(whole)
    by_row = names(whole)
    who = {part: {actor_of(by_row[row]) for row in ids.tolist()} for part, ids in data.ids.items()}
    assert [len(each) for each in who.values()] == [8, 1, 1]
    assert len(set.union(*who.values())) == 10


def test_an_encoder_is_given_spectrogram_and_crops(whole: Path) -> None:
    data = CremaD(pixels=32).load(whole)
    assert data.shape("audio") == (1, 257, 188)
    assert data.shape("video") == (3, 3, 32, 32)
    extent = CremaD(pixels=32).extent
    assert extent is not None
    assert {name: data.shape(name) for name in ("audio", "video")} == extent.shapes

    clean, again = (data.train.batch(torch.arange(4)) for _ in range(2))
    assert torch.equal(clean.inputs["video"], again.inputs["video"])
    (first,), (second,) = (list(data.train.stream([torch.arange(4)], seed=0, epoch=e)) for e in (0, 1))
    assert not torch.equal(first.inputs["video"], second.inputs["video"])
    assert torch.equal(first.inputs["audio"], second.inputs["audio"])


def test_what_is_known_before_it_is_there() -> None:
    # 6,698 clips of the field's training part: ANG 1166, DIS 1142, FEA 1138, HAP 1148, NEU 973, SAD 1131, of
    # which 117 + 114 + 114 + 115 + 97 + 113 are for validation.
    extent = CremaD().extent
    assert extent is not None
    assert extent.samples == (6698 - 670, 670, 744)
    # Ten frames of 3 x 256 x 341 bytes, 66,150 samples of two, and two sizes of eight.
    assert CremaD().disk_bytes == 7442 * (10 * 3 * 256 * 341 + 66_150 * 2 + 2 * 8)
    printed = CremaD(val="none")
    assert printed.extent is not None
    assert (printed.extent.samples, printed.disk_bytes) == ((6698, 744, 744), CremaD().disk_bytes)
    assert CremaD(split="actor").extent is CremaD(split="actor").disk_bytes is None


def edit(raw: Path, part: str, change: Callable[[list[str]], list[str]]) -> None:
    path = raw / f"{part}.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [*lines, lines[0]], r"train\.csv names '1001_DFA_HAP_XX' 2 times"),
        (lambda lines: [*lines, f"{min(TEST)},NEU"], "Its lists together names '1001_DFA_NEU_XX' 2 times"),
        (lambda lines: [*lines, "1099_DFA_JOY_XX,JOY"], r"train\.csv, line 55: There is no class 'JOY'"),
        (lambda lines: [*lines, "1099_DFA_ANG_XX"], r"line 55 is '1099_DFA_ANG_XX', not a name and a class"),
        (
            lambda lines: [*lines, "1099_DFA_ANG_XX,ANG"],
            r"lacks 1 of the 61 samples listed \(1099_DFA_ANG_XX\)",
        ),
    ],
)
def test_lists_that_do_not_fit_are_refused(raw: Path, tmp_path: Path, change, sentence: str) -> None:
    edit(raw, "train", change)
    with pytest.raises(UserError, match=sentence):
        prepared(raw, tmp_path / "cremad")
    assert not (tmp_path / "cremad").exists()


def test_files_that_do_not_fit_are_refused(raw: Path, tmp_path: Path) -> None:
    shutil.rmtree(raw / "VideoFlash")
    with pytest.raises(UserError, match="VideoFlash is not there; give --raw the folder that holds it"):
        prepared(raw, tmp_path / "cremad")
    (raw / "VideoFlash").mkdir()
    with pytest.raises(UserError, match=r"VideoFlash holds no \.flv files"):
        prepared(raw, tmp_path / "cremad")
    (raw / "train.csv").unlink()
    with pytest.raises(UserError, match=r"train\.csv is not there; put the list of samples there"):
        prepared(raw, tmp_path / "cremad")


def broken(path: Path, kind: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if kind == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "pointer":
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    elif kind == "silent":
        make(path, 1.0, video=False, rate=16_000, pitch=0.0)
    elif kind == "no sound":
        make(path.with_suffix(".flv"), 1.0, sound=False).rename(path)
    else:
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut", "is cut short"),
        ("pointer", "is a pointer of Git LFS"),
        ("silent", "is silent throughout"),
        ("no sound", "has no sound"),
        ("empty", "is empty"),
    ],
)
def test_a_clip_that_cannot_be_read_is_named_and_may_be_left_out(
    raw: Path, tmp_path: Path, kind: str, words: str
) -> None:
    name = NAMES[3]
    broken(raw / f"AudioWAV/{name}.wav", kind)
    with pytest.raises(UserError, match=rf"{name}\.wav {words}.* --allow {name}"):
        prepared(raw, tmp_path / "cremad")
    folder = prepared(raw, tmp_path / "cremad", allowed=frozenset([name]))
    assert list(manifest.read(folder).gathered["left_out"]) == [name]
    assert len(np.load(folder / "target.npy")) == 59
    assert len(CremaD().load(folder).train) == 47


def test_missing_clips_are_counted_and_listed(raw: Path, tmp_path: Path) -> None:
    for name in NAMES[:4]:
        (raw / f"AudioWAV/{name}.wav").unlink()
    with pytest.raises(UserError, match=r"raw lacks 4 of the 60 samples .* --min-share 0\.933"):
        prepared(raw, tmp_path / "cremad")
    folder = prepared(raw, tmp_path / "cremad", min_share=0.9)
    assert manifest.read(folder).gathered["missing"] == sorted(NAMES[:4])


def test_the_same_clips_are_held_out_when_others_are_missing(raw: Path, whole: Path, tmp_path: Path) -> None:
    (raw / f"AudioWAV/{NAMES[20]}.wav").unlink()
    folder = prepared(raw, tmp_path / "cremad", min_share=0.9)
    there = [name for name in names(whole) if name != NAMES[20]]
    held_out = {there[row] for row in CremaD().load(folder).ids["val"].tolist()}
    assert held_out == {names(whole)[row] for row in CremaD().load(whole).ids["val"].tolist()}


def test_a_preparation_is_the_same_every_time(raw: Path, whole: Path, tmp_path: Path) -> None:
    folder = prepared(raw, tmp_path / "cremad")
    assert manifest.read(folder) == manifest.read(whole)


def test_from_the_command_line(project, raw: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    call("prepare", "cremad", "--raw", str(raw), "--own-lists")
    said, told = capsys.readouterr()
    assert "data/cremad will take up to 20.5 GB." in told
    assert "field val: 6 samples (ANG 1, DIS 1, FEA 1, HAP 1, NEU 1, SAD 1)" in said
    call("verify", "cremad")
    assert json.loads((project.root / "data/cremad/MANIFEST.json").read_text())["sources"] == {}


def test_without_validation_all_that_is_not_test_is_trained_on(whole: Path) -> None:
    dataset = CremaD(val="none")
    data = dataset.load(whole)
    assert not dataset.validates
    assert [len(split) for split in (data.train, data.val, data.test)] == [54, 6, 6]
    assert data.ids["val"].tolist() == data.ids["test"].tolist()
    assert not {*data.ids["train"].tolist()} & {*data.ids["test"].tolist()}


@pytest.mark.usefixtures("cache")
def test_it_is_downloaded_where_the_user_agrees(
    project, raw: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    media = {str(path.relative_to(raw)): path.read_bytes() for path in raw.glob("*/*")}
    lists = {path.name: path.read_bytes() for path in raw.glob("*.csv")}
    with serving() as server:
        monkeypatch.setattr(cremad, "REPOSITORY", published(tmp_path / "repository", server, media, lists))
        with pytest.raises(UserError, match="add --yes to the command"):
            call("prepare", "cremad", "--download", "--own-lists")
        assert not server.asked
        call("prepare", "cremad", "--download", "--own-lists", "--yes")
        assert len(server.asked) == 120
    assert f"To be fetched into {tmp_path / 'cache/cremad'}: " in capsys.readouterr().err
    call("verify", "cremad")
