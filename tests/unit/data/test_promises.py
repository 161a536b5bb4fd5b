"""`inforeg test-data` notices what is broken in a data set, in a sentence, and nothing else."""

import functools
import os
import random
import shutil
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from inforeg.__main__ import main
from inforeg.data import arrays
from inforeg.data.base import Dataset, Extent
from inforeg.registry import DATASETS
from inforeg.testing.datasets import CHECKS, Made
from inforeg.testing.promises import titled
from tests.unit.data.conftest import EMBEDDED

PARTS = {"train": np.arange(0, 12), "val": np.arange(12, 18), "test": np.arange(18, 24)}


@dataclass(frozen=True)
class Sound(Dataset):
    """24 samples of eight people, three samples each."""

    name: ClassVar[str] = "planted"
    title: ClassVar[str] = "Planted"
    modalities: ClassVar[tuple[str, ...]] = ("one", "two")
    classes: ClassVar[tuple[str, ...]] = ("low", "high")
    sources: ClassVar = {}
    licence: ClassVar[str] = "MIT"
    citation: ClassVar[str] = "nobody"
    parts: ClassVar = PARTS

    def prepare(self, sources, folder):
        values = np.arange(48, dtype="<f4").reshape(24, 2)
        arrays.write(folder, one=values, two=-values, target=np.arange(24) % 2)

    def groups(self, folder):
        return np.arange(24) // 3

    def load(self, folder):
        inputs = {name: arrays.read(folder, name) for name in ("one", "two")}
        return arrays.assembled(self.classes, inputs, arrays.read(folder, "target"), self.parts)


class Nameless(Sound):
    licence = " "


class Chancy(Sound):
    def prepare(self, sources, folder):
        super().prepare(sources, folder)
        (folder / "note.txt").write_bytes(os.urandom(8))


class Turned(Sound):
    modalities = ("two", "one")


class Boasting(Sound):
    extent = Extent((100, 6, 6), {"one": (2,), "two": (2,)})


class Gambling(Sound):
    def load(self, folder):
        data, noise = super().load(folder), random.random()
        train = replace(data.train, inputs={m: v + noise for m, v in data.train.inputs.items()})
        return replace(data, train=train)


class Scribbling(Sound):
    def load(self, folder):
        with (folder / "count.txt").open("ab") as file:
            file.write(b"x")
        return super().load(folder)


class Leaking(Sound):
    parts: ClassVar = {**PARTS, "test": np.arange(17, 24)}

    def groups(self, folder):
        return None


class Shared(Sound):
    def groups(self, folder):
        return np.arange(24) // 5


FAULTS = {
    "described": Nameless,
    "reproducible": Chancy,
    "fit": Turned,
    "extent": Boasting,
    "same-bits": Gambling,
    "leaves-alone": Scribbling,
    "disjoint": Leaking,
    "groups": Shared,
}
"""By the promise that each breaks."""


def answered(cls, monkeypatch, capsys):
    """The command's status and the lines in which it says that something is broken."""
    monkeypatch.setitem(DATASETS.classes, "planted", cls)
    status = main(["test-data", "planted"])
    out, err = capsys.readouterr()
    broken = [line for line in out.splitlines() if not line.endswith(": kept")]
    assert len(out.splitlines()) == len(CHECKS)
    assert "Traceback" not in err
    return status, broken


def test_every_promise_has_a_data_set_that_breaks_it():
    assert list(FAULTS) == [titled(check) for check in CHECKS]


@pytest.mark.parametrize("check", FAULTS)
def test_what_is_broken_is_noticed(monkeypatch, capsys, check):
    status, broken = answered(FAULTS[check], monkeypatch, capsys)
    assert status == 2
    assert [line.partition(":")[0] for line in broken] == [check]
    assert "it fails (" not in broken[0]


def test_a_sound_data_set_keeps_all(monkeypatch, capsys):
    assert answered(Sound, monkeypatch, capsys) == (0, [])


@pytest.fixture(scope="session")
def made(tmp_path_factory, prepared):
    """A data set of the package, and a copy of its folder elsewhere."""

    @functools.cache
    def _made(name):
        again = tmp_path_factory.mktemp("again") / name
        shutil.copytree(prepared(name), again)
        return Made(DATASETS.build(name, {}), prepared(name), again)

    return _made


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("check", CHECKS, ids=titled)
def test_promise(made, name, check):
    """That a folder made again is the same is tested against what data.dvc pins, in test_store.py."""
    check(made(name))
