"""Data that cannot be trained on are refused with benchmark, split, modality and sample."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inforeg.data import arrays, checks, splits
from inforeg.data.base import Data, Held, Split
from inforeg.errors import UserError
from inforeg.registry import DATASETS
from tests.conftest import make_data

PARTS = ("train", "val", "test")
Damage = Callable[[Split], Any]


def with_target(change: Callable[[torch.Tensor], Any]) -> Damage:
    return lambda split: replace(split, target=change(split.target.clone()))


def with_image(change: Callable[[torch.Tensor], Any]) -> Damage:
    return lambda split: replace(
        split, inputs={**split.inputs, "image": change(split.inputs["image"].clone())}
    )


def put(value: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Into the last entry of sample 7."""

    def _put(values: torch.Tensor) -> torch.Tensor:
        values[7, ..., -1] = value
        return values

    return _put


def labelled(value: int) -> Damage:
    def _label(target: torch.Tensor) -> torch.Tensor:
        target[7] = value
        return target

    return with_target(_label)


def without(split: Split) -> Split:
    return replace(split, inputs={"audio": split.inputs["audio"]})


DAMAGES: dict[str, tuple[Damage, str]] = {
    "not a number": (with_image(put(torch.nan)), r"modality 'image' a number that is not finite.* sample 7"),
    "infinite": (with_image(put(-torch.inf)), r"modality 'image' a number that is not finite.* sample 7"),
    "float64": (with_image(torch.Tensor.double), r"modality 'image' float64 of the shape .*, not float32"),
    "integers": (with_image(torch.Tensor.long), r"modality 'image' int64 of the shape .*, not float32"),
    "half": (with_image(torch.Tensor.half), r"modality 'image' float16"),
    "truth values": (with_image(torch.Tensor.bool), r"modality 'image' bool"),
    "complex": (with_image(lambda values: values.to(torch.complex64)), r"modality 'image' complex64"),
    "sparse": (with_image(torch.Tensor.to_sparse), r"modality 'image' float32"),
    "an array": (with_image(torch.Tensor.numpy), r"modality 'image' an object of the type ndarray"),
    "strings": (
        with_image(lambda values: ["a"] * len(values)),
        r"modality 'image' an object of the type list",
    ),
    "nothing": (with_image(lambda values: None), r"modality 'image' an object of the type NoneType"),
    "a number a sample": (with_image(lambda values: values[:, 0]), r"modality 'image' float32 of the shape"),
    "no values": (with_image(lambda values: values[:, :0]), r"modality 'image' samples of the shape \(0,\)"),
    "too few": (with_image(lambda values: values[:-1]), r"modality 'image' \d+ samples, but \d+ labels"),
    "a missing modality": (without, r"lacks the modality 'image'"),
    "a label too large": (labelled(4), r"gives its sample 7 the label 4, which is none of 0 to 3"),
    "a label below 0": (labelled(-1), r"gives its sample 7 the label -1"),
    "one-hot": (with_target(torch.nn.functional.one_hot), r"a target of int64 of the shape"),
    "a column": (with_target(lambda y: y[:, None]), r"a target of int64 of the shape"),
    "float labels": (with_target(torch.Tensor.float), r"a target of float32"),
    "small labels": (with_target(torch.Tensor.int), r"a target of int32"),
    "label strings": (with_target(lambda y: list("abcd" * 20)[: len(y)]), r"an object of the type list"),
    "one class": (with_target(torch.zeros_like), r"has samples of one class only"),
    "empty": (lambda split: split.part(torch.arange(0)), r"is empty"),
    "no split": (lambda split: (split.inputs, split.target), r"is an object of the type tuple, not a Split"),
    "no mapping": (
        lambda split: replace(split, inputs=[]),
        r"is an object of the type Held, not a Split with",
    ),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_of_every_split_is_named(damage: str, part: str) -> None:
    data = make_data()
    change, words = DAMAGES[damage]
    with pytest.raises(UserError, match=rf"^The {part} split of the benchmark 'toy' .*{words}"):
        checks.check(replace(data, **{part: change(getattr(data, part))}), "toy", ("audio", "image"))


@pytest.mark.parametrize("part", ["val", "test"])
def test_shapes_differ_between_splits(part: str) -> None:
    data = make_data()
    other = with_image(lambda values: values[:, :-1])(getattr(data, part))
    words = rf"The {part} split .*'image' samples of the shape \(5,\), in train of \(6,\)"
    with pytest.raises(UserError, match=words):
        checks.check(replace(data, **{part: other}), "toy")


def test_a_modality_that_only_a_later_split_has() -> None:
    data = make_data()
    inputs = {**data.val.inputs, "third": data.val.inputs["image"]}
    with pytest.raises(UserError, match=r"The val split .* 'third', which the train split lacks"):
        checks.check(replace(data, val=replace(data.val, inputs=inputs)), "toy")


def test_every_class_is_in_train_but_need_not_be_elsewhere() -> None:
    data = make_data()
    fewer = {
        part: getattr(data, part).part((getattr(data, part).target != 2).nonzero()[:, 0]) for part in PARTS
    }
    checks.check(replace(data, val=fewer["val"], test=fewer["test"]), "toy")
    with pytest.raises(
        UserError, match=r"The train split of the benchmark 'toy' has no sample of the class 'c'"
    ):
        checks.check(replace(data, train=fewer["train"]), "toy")


@pytest.mark.parametrize("given", [None, {}, (1, 2, 3)])
def test_load_that_gives_something_else(given: Any) -> None:
    with pytest.raises(UserError, match=r"gives an object of the type .*; it must give Data"):
        checks.check(given, "toy")


def test_whole_data_pass() -> None:
    checks.check(make_data(), "toy", ("image", "audio"))
    assert checks.repeated(make_data()) == []


def sequences(split: Split) -> Split:
    """The same split with its images as sequences of numbers with a length."""
    length = torch.arange(len(split)) % 4
    return replace(
        split, inputs={**split.inputs, "image": {"tokens": torch.ones(len(split), 3), "length": length}}
    )


def test_a_number_a_sample_may_stand_beside_what_has_more() -> None:
    data = make_data()
    whole = replace(data, **{part: sequences(getattr(data, part)) for part in PARTS})
    checks.check(whole, "toy")
    assert checks.repeated(whole) == []
    inputs = whole.test.inputs
    short = {**inputs, "image": {**inputs["image"], "length": inputs["image"]["length"][:-1]}}
    with pytest.raises(UserError, match=r"The test split .* 'image' \d+ samples, but \d+ labels"):
        checks.check(replace(whole, test=replace(whole.test, inputs=short)), "toy")


def test_a_modality_with_an_encoder_must_be_there() -> None:
    with pytest.raises(UserError, match=r"The train split .* lacks the modality 'text'"):
        checks.check(make_data(), "toy", ("audio", "text"))


@pytest.fixture
def folder(tmp_path: Path, toy: Path) -> Path:
    """The prepared folder of the data set `toy`."""
    benchmark = DATASETS.build("toy", {})
    (tmp_path / "toy").mkdir()
    benchmark.prepare({"digits": toy}, tmp_path / "toy")
    return tmp_path / "toy"


def test_samples_in_two_splits_are_a_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = make_data()
    mixed = {m: torch.cat([data.test.inputs[m][:3], data.val.inputs[m][4:6]]) for m in data.test.inputs}
    data = replace(data, test=Held(mixed, torch.tensor([0, 1, 0, 1, 0])))

    class Repeating(type(DATASETS.build("toy", {}))):  # type: ignore[misc]
        def load(self, folder: Path) -> Data:
            return data

    with caplog.at_level(logging.WARNING):
        checks.loaded(Repeating(), folder)
    assert "The benchmark 'toy': 2 samples of the test split are in the val split as well" in caplog.text
    assert "first test sample 3 as val sample 4" in caplog.text


@pytest.mark.parametrize(
    "error", [KeyError("left"), ValueError("first\nsecond"), MemoryError(), ZeroDivisionError()]
)
@pytest.mark.parametrize("action", ["load", "prepare"])
def test_an_error_inside_a_plug_in_is_a_sentence_with_its_place(error: Exception, action: str) -> None:
    benchmark = DATASETS.build("synthetic", {})
    words = rf"^{action}\(\) of the data set 'synthetic' fails \({type(error).__name__}.*synthetic\.py"
    with pytest.raises(UserError, match=words) as caught, checks.blaming(benchmark, action):
        raise error
    assert "\n" not in str(caught.value)


def test_the_line_in_the_plug_in_is_named(folder: Path) -> None:
    arrays.write(folder, target=np.array(["a"] * 10))
    for path in folder.glob("split_*"):
        path.unlink()
    splits.write(folder, "plain", splits.divide([range(10)]))
    with pytest.raises(
        UserError, match=r"load\(\) .* \(TypeError: the target is <U1; .*; conftest\.py, line \d+\)"
    ):
        checks.loaded(DATASETS.build("toy", {}), folder)


def test_a_full_disk_is_not_the_plug_ins_fault() -> None:
    with pytest.raises(OSError, match="No space"), checks.blaming(DATASETS.build("synthetic", {}), "load"):
        raise OSError(28, "No space left on device")


DIVISIONS: dict[str, tuple[Any, str]] = {
    "too large": (np.array([6, 10]), r"val\.npy holds the position 10, but the samples are 0 to 9"),
    "below 0": (np.array([-1]), r"val\.npy holds the position -1"),
    "twice": (np.array([6, 6]), r"val\.npy holds a position twice"),
    "of another part": (np.array([5, 6]), r"val\.npy holds the sample 5, which is in the part 't(rain|est)'"),
    "floats": (np.array([6.0]), r"val\.npy holds float64 of the shape \(1,\)"),
    "truth values": (np.ones(10, bool), r"val\.npy holds bool"),
    "a table": (np.array([[6]]), r"val\.npy holds int64 of the shape \(1, 1\)"),
}


@pytest.mark.parametrize("damage", DIVISIONS)
def test_a_stored_division_is_one(folder: Path, damage: str) -> None:
    positions, words = DIVISIONS[damage]
    arrays.write(folder, split_plain_val=positions)
    with pytest.raises(UserError, match=words):
        checks.loaded(DATASETS.build("toy", {}), folder)


def test_a_division_without_a_part(folder: Path) -> None:
    (folder / "split_plain_val.npy").unlink()
    with pytest.raises(UserError, match=r"toy holds no split_plain_val\.npy"):
        splits.stored(folder)


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


UNREADABLE = {
    "empty": b"",
    "no array": b"<html>",
    "no header": header(""),
    "huge": header("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }\n"),
    "too short": header("{'descr': '<f8', 'fortran_order': False, 'shape': (100,), }\n") + bytes(8),
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n") + b"cos\nsystem\n.",
    "negative": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }\n"),
    "nested": header("(" * 9000),
    "an archive": b"PK\x03\x04",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_an_array_that_cannot_be_read(folder: Path, content: bytes) -> None:
    (folder / "target.npy").unlink()
    (folder / "target.npy").write_bytes(content)
    # numpy 1 takes a negative size for none, and the first stored part is found to lie beyond it
    with pytest.raises(UserError, match=r"(target|split_\w+)\.npy (cannot be read|holds)"):
        checks.loaded(DATASETS.build("toy", {}), folder)
    (folder / "target.npy").unlink()
    with pytest.raises(UserError, match=r"target\.npy is missing"):
        arrays.read(folder, "target")
