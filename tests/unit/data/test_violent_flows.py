"""Violent Flows in its own layout, from small videos that are made here."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from inforeg.data.checks import loaded
from inforeg.data.gathered import Material
from inforeg.data.sets.violent_flows import ViolentFlows
from inforeg.errors import UserError
from inforeg.suite.folders import gathering, manifest
from inforeg.suite.folders.places import dataset_at, place
from tests.media import make

FOLDS = range(1, 6)
SHARE = 0.1  # 30 of the 246 videos


def write_raw(raw: Path) -> Path:
    """Three videos of each class in each fold, of one name in all; some are silent films."""
    for fold in FOLDS:
        for kind in ("NonViolence", "Violence"):
            for number in range(3):
                path = raw / str(fold) / kind / f"crowd_{number}.avi"
                make(path, 0.5 + 0.2 * number, sound=number != 1, size=(48, 64))
    (raw / "extra/Violence").mkdir(parents=True)
    shutil.copy(raw / "1/Violence/crowd_0.avi", raw / "extra/Violence")
    return raw


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, once for all tests."""
    return write_raw(tmp_path_factory.mktemp("violent_flows"))


def prepared(raw: Path, folder: Path, absent: str = "mask", **given: object) -> Path:
    gathering.gather(ViolentFlows(absent=absent), Material(raw, **{"min_share": SHARE, **given}), folder)
    return folder


@pytest.fixture(scope="session")
def whole(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared folder."""
    return prepared(made, tmp_path_factory.mktemp("prepared") / "violent_flows")


def test_every_video_is_tested_on_once(whole: Path) -> None:
    tested = np.concatenate([ViolentFlows(fold=fold).load(whole).ids["test"].numpy() for fold in FOLDS])
    assert sorted(tested.tolist()) == list(range(30))
    counts = manifest.read(whole).counts
    for fold in FOLDS:
        assert counts[f"fold{fold}"] == {
            "train": {"non-violent": 10, "violent": 10},
            "val": {"non-violent": 2, "violent": 2},
            "test": {"non-violent": 3, "violent": 3},
        }


def test_the_fold_is_its_folder(whole: Path) -> None:
    # Rows in the order of the folders, six videos each.
    assert ViolentFlows(fold=4).load(whole).ids["test"].tolist() == list(range(18, 24))


def test_pictures_and_sound_are_stored_as_said(whole: Path) -> None:
    assert np.load(whole / "frames.npy", mmap_mode="r").shape[1:] == (3, 240, 320)
    assert np.load(whole / "audio.npy", mmap_mode="r").shape == (30, 88_200)
    data = loaded(ViolentFlows(pixels=32), whole)
    assert data.shape("audio")["values"] == (1, 257, 250)
    assert data.shape("video")["values"] == (3, 3, 32, 32)


def test_silent_films_lack_the_sound(whole: Path) -> None:
    told = manifest.read(whole).gathered
    assert (told["lacking"], told["listed"]) == ({"audio": 10, "video": 0}, 246)
    assert ViolentFlows().load(whole).test.present("audio").tolist() == [True, False, True] * 2


def test_or_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"crowd_1\.avi has no sound.* --allow 1/NonViolence/crowd_1"):
        prepared(made, tmp_path / "violent_flows", "refuse")


def test_the_folder_has_to_be_prepared_for_it(whole: Path) -> None:
    with pytest.raises(UserError, match="was prepared with absent = 'mask', and absent = 'refuse' is asked"):
        ViolentFlows(absent="refuse").load(whole)


def test_a_benchmark_of_any_name_says_how_it_is_prepared(project) -> None:
    assert dataset_at("violent_flows", project) == ViolentFlows()
    data = {"name": "violent_flows", "absent": "refuse", "fold": 2}
    encoders = {"video": {"kind": "resnet18_clip"}}
    training = {"epochs": 1, "lr": 0.01}
    content = {"title": "Crowds", "data": data, "encoders": encoders, "training": training}
    path = project.root / "workflow/config/benchmarks/crowds.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    assert place("crowds", project) == "violent_flows"
    assert dataset_at("violent_flows", project).absent == "refuse"


def test_too_few_videos_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds 30 of the 246 videos; get them, .* --min-share 0\.121"):
        prepared(made, tmp_path / "violent_flows", min_share=None)


def test_a_fold_that_is_not_there_is_named(made: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(made, raw)
    shutil.rmtree(raw / "3/Violence")
    with pytest.raises(UserError, match="3/Violence is not there; give --raw the folder that holds it"):
        prepared(raw, tmp_path / "violent_flows")


def test_its_extent_is_that_of_a_fold() -> None:
    assert ViolentFlows().extent.samples == (158, 39, 49)
    assert ViolentFlows(pixels=64).extent.shapes == {"audio": (1, 257, 250), "video": (3, 3, 64, 64)}
