"""A collection of clips of one's own, from small ones that are made here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from inforeg.__main__ import main
from inforeg.batch import PRESENT, VALUES
from inforeg.data.checks import loaded
from inforeg.errors import UserError
from inforeg.suite.folders import manifest
from inforeg.suite.folders.places import place, refuse_two_preparations
from tests.clips import BENCHMARK, KINDS, built, linked, prepared
from tests.media import make
from tests.unit.data.test_data_cli import call


@pytest.fixture
def raw(tones: Path, tmp_path: Path) -> Path:
    return linked(tones, tmp_path / "raw")


@pytest.fixture(scope="session")
def whole(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared folder."""
    return prepared(tones, tmp_path_factory.mktemp("prepared") / "tones")


def test_clips_of_all_kinds_are_stored_alike(whole: Path) -> None:
    audio, frames, size, count = (
        np.load(whole / f"{name}.npy") for name in ("audio", "frames", "size", "frames_count")
    )
    assert (audio.shape, audio.dtype) == ((12, 4000), np.int16)
    assert frames.shape == (count.sum(), 3, 36, 48)
    assert size.tolist() == [[36, 64], [64, 36]] * 6
    assert count.tolist()[:6] == [3, 3, 1, 4, 4, 4]  # 5 a second of 0.5, 0.6, 0.1, 0.8 ... s, 4 at the most
    told = manifest.read(whole)
    assert told.benchmark == "tones"
    assert told.classes == KINDS
    assert told.gathered["missing"] == told.gathered["unlisted"] == []
    assert told.counts["list"] == {
        "train": {"low": 4, "high": 4},
        "val": {"low": 1, "high": 1},
        "test": {"low": 1, "high": 1},
    }


def test_an_encoder_is_given_tensors_where_nothing_may_be_absent(whole: Path) -> None:
    data = built().load(whole)
    assert data.shape("audio") == (1, 257, 12)
    assert data.shape("video") == (3, 2, 32, 32)
    assert isinstance(data.train.batch(torch.arange(8)).inputs["audio"], torch.Tensor)
    assert data.train.present("audio") is None


def test_sound_as_a_filter_bank(tones: Path, tmp_path: Path) -> None:
    options = {"audio": "filter_bank", "bins": 40}
    folder = prepared(tones, tmp_path / "tones", options)
    assert np.load(folder / "audio.npy").shape == (12, 50, 40)
    assert built(**options).load(folder).shape("audio") == (1, 50, 40)


@pytest.fixture
def incomplete(raw: Path) -> Path:
    """The same with a clip without sound in each part, and one without pictures."""
    for name in ("low/3.mp4", "low/4.mkv", "high/5.avi"):
        (raw / name).unlink()
        make(raw / name, 0.5, sound=False, size=(36, 64))
    (raw / "high/2.mkv").unlink()
    make(raw / "high/2.mkv", 0.5, video=False)
    return raw


def test_a_clip_without_sound_or_pictures_is_refused_unless_it_may_be_absent(
    incomplete: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"3\.mp4 has no sound.* 3 more are in .* add --allow low/3"):
        prepared(incomplete, tmp_path / "tones")
    names = frozenset(["low/3", "low/4", "high/5.avi", "high/2.mkv"])
    with pytest.raises(UserError, match=r"The val split .* has samples of one class only"):
        prepared(incomplete, tmp_path / "tones", allowed=names)


def test_a_clip_that_lacks_a_modality_is_kept_as_one(incomplete: Path, tmp_path: Path) -> None:
    folder = prepared(incomplete, tmp_path / "tones", {"absent": "mask"})
    told = manifest.read(folder).gathered
    assert (told["lacking"], told["left_out"]) == ({"audio": 3, "video": 1}, {})
    data = loaded(built(absent="mask"), folder)
    # Rows in the order of the list: low 0 to 5, high 0 to 5, of which the first four train.
    assert data.train.present("audio").tolist() == [True, True, True, False, True, True, True, True]
    assert data.train.present("video").tolist() == [True, True, True, True, True, True, False, True]
    assert data.val.present("audio").tolist() == [False, True]
    shown = data.train.batch(torch.arange(8)).inputs
    assert data.shape("audio") == {VALUES: (1, 257, 12), PRESENT: ()}
    assert shown["audio"][VALUES].flatten(1).any(1).tolist() == shown["audio"][PRESENT].tolist()
    assert shown["video"][VALUES].flatten(1).any(1).tolist() == shown["video"][PRESENT].tolist()


def test_a_clip_of_neither_is_none(incomplete: Path, tmp_path: Path) -> None:
    (incomplete / "low/0.mp4").unlink()
    (incomplete / "low/0.mp4").write_bytes((incomplete / "clips.csv").read_bytes())
    with pytest.raises(UserError, match=r"low/0\.mp4 cannot be decoded"):
        prepared(incomplete, tmp_path / "tones", {"absent": "mask"})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"classes": ("low", "low")}, "classes = .* is not valid: a class stands there twice"),
        ({"collection": "cremad"}, "'cremad' is the name of a data set; call the collection otherwise"),
        ({"collection": "clips"}, "'clips' is the name of a data set"),
        ({"audio": "filter_bank"}, "a sound_rate of 8000 has no filter bank of 128 bins; give fewer"),
        ({"absent": "keep"}, "absent = 'keep' is not valid"),
        ({"pixel": 3}, "There is no setting of benchmark 'clips' named 'pixel'; did you mean 'pixels'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        built(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": 2.0}, "rate = 5.0, and rate = 2.0 is asked for"),
        ({"absent": "mask"}, "absent = 'refuse', and absent = 'mask' is"),
        ({"classes": ("high", "low")}, r"classes = \['low', 'high'\], and classes = \['high', 'low'\]"),
        ({"audio": "filter_bank", "bins": 40}, "audio = 'wave', and audio = 'filter_bank' is asked for"),
    ],
)
def test_a_folder_that_was_prepared_otherwise_is_refused(
    whole: Path, options: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError, match=f"tones was prepared with {words}"):
        built(**options).load(whole)
    built(taken=1, pixels=64).load(whole)


def configure(project, name: str, **data: object) -> None:
    content = {**BENCHMARK, "data": {**BENCHMARK["data"], **data}}
    path = project.root / f"workflow/config/benchmarks/{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))


def test_benchmarks_that_share_a_folder_prepare_it_alike(project) -> None:
    configure(project, "tones")
    configure(project, "tones_close", pixels=48)
    refuse_two_preparations(project)
    assert place("tones_close", project) == place("tones", project) == "tones"
    configure(project, "tones_fast", rate=10.0)
    sentence = r"'tones' and 'tones_fast' read one folder, data/tones, prepared with rate = 5\.0 and 10\.0"
    with pytest.raises(UserError, match=sentence):
        refuse_two_preparations(project)
    configure(project, "tones_fast", rate=10.0, collection="fast_tones")
    refuse_two_preparations(project)


@pytest.mark.parametrize("method", ["joint", "inforeg", "greedy"])
def test_from_the_command_line_to_a_trained_model(
    project, incomplete: Path, monkeypatch, capsys, method: str
) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    monkeypatch.chdir(project.root)
    configure(project, "beeps")
    call("prepare", "beeps", "--raw", str(incomplete))
    assert "list train: 8 samples (high 4, low 4)" in capsys.readouterr().out
    call("verify", "tones")
    run = ("--benchmark", "beeps", "--method", method)
    assert main(["train", *run]) == 0
    for probe in ("linear", "corruption"):
        assert main(["examine", *run, "--probe", probe]) == 0
    folder = project.root / f"results/runs/beeps/{method}/default/seed=0"
    found = json.loads((folder / "probe=corruption.json").read_text())["metrics"]
    # A modality with flags of who has it is one tensor: it is masked and noisy, not only dropped.
    assert {"test/noise/audio", "test/masking/video", "test/dropped/audio"} <= found.keys()
    with pytest.raises(UserError, match="'clips' is nothing without options; name a benchmark"):
        call("fetch", "clips")
