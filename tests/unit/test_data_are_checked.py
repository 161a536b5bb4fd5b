"""Every command that loads data has them checked first."""

from dataclasses import replace

import pytest
import torch

from inforeg.__main__ import main
from inforeg.data.checks import check
from inforeg.data.sets.synthetic import Synthetic
from inforeg.errors import UserError
from tests.conftest import make_data, poisoned
from tests.unit.conftest import fingerprint

TRAIN = ["train", "--benchmark", "toy", "--method", "joint", "--out", "run"]


def damaged(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Let `load` give numbers in `part` that are not finite."""
    load = Synthetic.load

    def _load(self, folder):
        data = load(self, folder)
        return replace(data, **{part: poisoned(getattr(data, part))})

    monkeypatch.setattr(Synthetic, "load", _load)


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_training_refuses_what_is_not_finite(project, capsys, monkeypatch, part):
    damaged(monkeypatch, part)
    before = fingerprint(project.root)
    assert main(TRAIN) == 2
    said = capsys.readouterr().err
    assert (
        f"The {part} split of the benchmark 'toy' has for the modality 'first' a number that is not" in said
    )
    assert "first in its sample 0" in said
    assert said.count("\n") == 1
    assert fingerprint(project.root) == before


@pytest.mark.parametrize("ids", [torch.arange(3), torch.arange(40) / 2, "abc"])
def test_ids_that_are_not_one_a_sample(ids):
    data = replace(make_data(), ids={"test": ids})
    with pytest.raises(UserError, match=r"The ids of the test split of the benchmark 'toy' are not int64 of"):
        check(data, "toy")
    check(replace(data, ids={"test": torch.arange(40)}), "toy")


def test_so_does_evaluation(project, capsys, monkeypatch):
    assert main(TRAIN) == 0
    damaged(monkeypatch, "test")
    assert main(["evaluate", "run"]) == 2
    assert "The test split of the benchmark 'toy'" in capsys.readouterr().err


def test_a_modality_with_an_encoder_that_load_does_not_give(project, capsys, monkeypatch):
    load = Synthetic.load

    def alone(split):
        return {"first": split.inputs["first"]}

    def _load(self, folder):
        data = load(self, folder)
        parts = {part: getattr(data, part) for part in ("train", "val", "test")}
        fewer = {
            part: replace(split, inputs={"first": split.inputs["first"]}) for part, split in parts.items()
        }
        return replace(data, **fewer)

    monkeypatch.setattr(Synthetic, "load", _load)
    assert main(TRAIN) == 2
    assert "The train split of the benchmark 'toy' lacks the modality 'second'" in capsys.readouterr().err


def test_an_error_of_the_plug_in_is_a_sentence(project, capsys, monkeypatch):
    monkeypatch.setattr(Synthetic, "load", lambda self, folder: {}["views"])
    assert main(TRAIN) == 2
    said = capsys.readouterr().err
    assert "load() of the data set 'synthetic' fails (KeyError: 'views'; synthetic.py)" in said
    assert said.count("\n") == 1
