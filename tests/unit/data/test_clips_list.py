"""The list of a collection of clips against its folder."""

import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.suite.folders import manifest
from inforeg.suite.project import Project
from tests.clips import KINDS, LINES, linked, prepared
from tests.unit.data.test_clips import configure
from tests.unit.data.test_hateful_memes import png


@pytest.fixture
def raw(tones: Path, tmp_path: Path) -> Path:
    return linked(tones, tmp_path / "raw")


def edit(raw: Path, change: Callable[[list[str]], list[str]]) -> None:
    path = raw / "clips.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [*lines, lines[0]], r"clips\.csv names 'low/0\.mp4' 2 times"),
        (lambda lines: [*lines, "low/0,low,val"], r"names .*low/0\.mp4 as 'low/0\.mp4' and 'low/0'; strike"),
        (lambda lines: [*lines, "low/9,deep,val"], r"clips\.csv, line 13: There is no class 'deep'; known"),
        (
            lambda lines: [*lines, "low/9,low,valid"],
            r"line 13: There is no split 'valid'; did you mean 'val'",
        ),
        (lambda lines: [*lines, "low/9,low"], "line 13 is 'low/9,low', not a path, a class and a split such"),
        (lambda lines: [*lines, "low/9,low,val"], r"lacks 1 of the 13 samples listed \(low/9\)"),
        (lambda lines: [*lines, "../raw/low/0.mp4,low,val"], r"lacks 1 of the 13 samples listed"),
        (
            lambda lines: [each for each in lines if "test" not in each],
            "leaves the split 'test' without clips",
        ),
        (
            lambda lines: [each for each in lines if "high,train" not in each],
            "has no clip of the class 'high' to train on",
        ),
        (lambda lines: [""], r"clips\.csv has no line; write one for each clip"),
        (lambda lines: [each for each in lines if "val" not in each], "leaves the split 'val' without clips"),
    ],
)
def test_lists_that_do_not_fit_are_refused(raw: Path, tmp_path: Path, change, sentence: str) -> None:
    edit(raw, change)
    with pytest.raises(UserError, match=sentence):
        prepared(raw, tmp_path / "tones")
    assert not (tmp_path / "tones").exists()


def test_a_name_of_two_files_is_refused(raw: Path, tmp_path: Path) -> None:
    shutil.copy(raw / "low/1.avi", raw / "low/1.flv")
    with pytest.raises(UserError, match=r"names 'low/1', which .*low/1\.avi and .*low/1\.flv are; add the"):
        prepared(raw, tmp_path / "tones")


def test_clips_that_no_list_names_are_counted(raw: Path, tmp_path: Path) -> None:
    edit(raw, lambda lines: [each for each in lines if "low/3" not in each])
    assert manifest.read(prepared(raw, tmp_path / "tones")).gathered["unlisted"] == ["low/3.mp4"]


def test_without_a_part_for_validation_a_tenth_of_each_class_is_held_out(raw: Path, tmp_path: Path) -> None:
    for number in range(6, 11):
        for kind in KINDS:
            shutil.copy(raw / kind / "0.mp4", raw / kind / f"{number}.mp4")
    more = [f"{kind}/{number},{kind},train" for kind in KINDS for number in range(6, 11)]
    edit(raw, lambda lines: [each.replace(",val", ",train") for each in lines] + more)
    counts = manifest.read(prepared(raw, tmp_path / "tones")).counts["list"]
    assert counts["val"] == {"low": 1, "high": 1}
    assert counts["train"] == {"low": 9, "high": 9}


def test_a_list_out_of_a_spreadsheet_is_read(raw: Path, tmp_path: Path) -> None:
    lines = [",".join(f'"{each}"' for each in line.split(",")) for line in LINES]
    (raw / "clips.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join([*lines, ""]).encode())
    assert manifest.read(prepared(raw, tmp_path / "tones")).gathered["clips"] == 12


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_hold_spaces_commas_and_accents(raw: Path, tmp_path: Path, form: str) -> None:
    name = unicodedata.normalize(form, "low/mon été, 好 #1%20.mp4")
    (raw / "low/0.mp4").rename(raw / name)
    edit(raw, lambda lines: [each.replace("low/0.mp4", "low/mon été, 好 #1%20.mp4") for each in lines])
    assert manifest.read(prepared(raw, tmp_path / "tones")).gathered["unlisted"] == []


def test_what_is_named_like_a_clip_is_none(raw: Path, tmp_path: Path) -> None:
    (raw / "low/1.avi").unlink()
    (raw / "low/1.avi").mkdir()
    (raw / "high/1.avi").unlink()
    (raw / "high/1.avi").symlink_to(raw / "nowhere")
    with pytest.raises(UserError, match=r"raw lacks 2 of the 12 samples listed \(high/1, low/1\); get them"):
        prepared(raw, tmp_path / "tones")


def test_a_picture_in_a_clips_place_is_named(raw: Path, tmp_path: Path) -> None:
    (raw / "low/0.mp4").unlink()
    png(raw / "low/0.png", (36, 48), 90)
    (raw / "low/0.png").rename(raw / "low/0.mp4")
    with pytest.raises(UserError, match=r"low/0\.mp4 is a picture, not a clip; .* add --allow low/0\.mp4"):
        prepared(raw, tmp_path / "tones", {"absent": "mask"})


def test_the_command_says_it_in_one_sentence_and_leaves_nothing(
    project: Project, raw: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    configure(project, "tones", classes=[*KINDS])
    pins = (project.root / "data.dvc").read_text()
    content = (raw / "low/0.mp4").read_bytes()
    (raw / "low/0.mp4").unlink()
    (raw / "low/0.mp4").write_bytes(content[:-100])
    assert main(["data", "prepare", "tones", "--raw", str(raw)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == (
        f"inforeg: {raw}/low/0.mp4 is cut short: {len(content) - 100} of at least {len(content)} bytes are "
        "there; fetch it again. To go on without, add --allow low/0.mp4, and so for each."
    )
    assert not (project.root / "data/tones").exists()
    assert (project.root / "data.dvc").read_text() == pins
