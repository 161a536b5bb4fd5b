"""Every method trains on mapped files as on tensors in memory: same bits, augmented, after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.batch import Shape
from inforeg.data import arrays
from inforeg.data.split import Data, Held
from inforeg.data.transforms import Transform
from inforeg.engine.record import Record
from tests.conftest import EVERY_EPOCH, make_config, make_data
from tests.contract.cases import CASES, TWO, rows, spec_of


class Jittered(Transform):
    """In training, all values of a sample are scaled by a number of its own."""

    @property
    def draws(self):
        return 1

    def shape(self, stored: Shape) -> Shape:
        return stored

    def clean(self, values):
        return values

    def augmented(self, values, draws):
        return values * (0.8 + 0.4 * draws)


def mapped(data: Data, folder: Path, readers: int = 1) -> Data:
    """The same samples in files that hold all splits."""
    parts = {"train": data.train, "val": data.val, "test": data.test}
    stored = {
        m: torch.cat([part.inputs[m] for part in parts.values()]).numpy() for m in data.train.modalities
    }
    arrays.write(folder, **stored)
    files = {m: arrays.mapped(folder, m) for m in stored}
    target = torch.cat([part.target for part in parts.values()]).numpy()
    places = np.split(np.arange(len(target)), np.cumsum([len(part) for part in parts.values()])[:-1])
    found = arrays.streamed(
        data.classes, files, target, dict(zip(parts, places, strict=True)), data.train.transforms
    )
    return replace(found, train=replace(found.train, readers=readers))


def jittered(data: Data) -> Data:
    def changed(split: Held) -> Held:
        return replace(split, transforms={"image": Jittered()})

    return Data(data.classes, changed(data.train), changed(data.val), changed(data.test))


def weights(folder: Path) -> bytes:
    return (folder / "model.pt").read_bytes()


CONTROLS = [(case, True) for case in CASES if case[1] == "default"]


@pytest.mark.parametrize(
    ("case", "shuffled"),
    [*((case, False) for case in CASES), *CONTROLS],
    ids=lambda value: "/".join(value[:2]) if isinstance(value, tuple) else ("", "shuffled")[value],
)
def test_mapped_files_train_as_tensors_do(run, tmp_path, case, shuffled):
    config = make_config(
        training={"epochs": 4, "trace": "sample", "trace_samples": 16, "shuffle_labels": shuffled}
    )
    spec, data = spec_of(case, config), jittered(make_data(TWO))
    held = run(spec, data, root="held")
    other = run(spec, mapped(data, tmp_path), root="mapped")
    assert rows(other) == rows(held)
    assert weights(other) == weights(held)


@pytest.mark.parametrize("readers", [0, 1, 4])
def test_augmentation_survives_readers_and_interruptions(run, tmp_path, monkeypatch, readers):
    spec, data = spec_of(("inforeg", "default", {})), jittered(make_data(TWO))
    plain = run(spec, make_data(TWO), root="plain")
    expected = run(spec, data, root="held")
    assert weights(plain) != weights(expected)
    save = Record.save

    def interrupt(record, snapshot):
        save(record, snapshot)
        raise KeyboardInterrupt

    files = mapped(data, tmp_path, readers)
    monkeypatch.setattr(Record, "save", interrupt)
    for _ in range(spec.config.training.epochs):
        with pytest.raises(KeyboardInterrupt):
            run(spec, files, root="mapped", machine=EVERY_EPOCH)
    monkeypatch.setattr(Record, "save", save)
    assert weights(run(spec, files, root="mapped")) == weights(expected)
