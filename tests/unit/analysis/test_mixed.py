"""Devices and precisions are not mixed in a table without a word."""

from dataclasses import replace

import pytest
from sweeps import BETTER, DRAWN, JOINT, make_sweep

from inforeg.analysis.collected.study import Study
from inforeg.errors import UserError
from inforeg.suite.project import Project

HALF = {"label": "Half", "method": "inforeg", "set": {"training.precision": "bf16"}}
WHOLE = {"label": "Joint", "method": "joint"}


def made(root, rows=(WHOLE, {"label": "InfoReg", "method": "inforeg"}), **settings):
    accuracies = {
        ("alpha", row["method"], "default"): v for row, v in zip(rows, (JOINT, BETTER), strict=True)
    }
    return make_sweep(root, accuracies, {}, rows=list(rows), **settings)


def on(study, **machine):
    provenance = study.collected.provenance | {"machine": machine}
    return replace(study, collected=replace(study.collected, provenance=provenance))


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ({"device": ["cpu"], "cuda_device": [""]}, None),
        ({"device": ["cuda"], "cuda_device": ["NVIDIA A"]}, None),
        ({}, None),  # runs of before they said so
        ({"device": ["cpu", "cuda"], "cuda_device": ["", "NVIDIA A"]}, "NVIDIA A, cpu"),
        ({"device": ["cuda"], "cuda_device": ["NVIDIA A", "NVIDIA B"]}, "NVIDIA A, NVIDIA B"),
    ],
)
def test_several_devices_are_told(tmp_path, machine, said):
    expected = [f"The runs were computed on several devices ({said})."] if said else []
    assert on(made(tmp_path).study(), **machine).caveats == [f"ALPHA: {DRAWN}", *expected]


def test_several_precisions_are_told(tmp_path):
    study = made(tmp_path, [WHOLE, HALF]).study()
    told = "On ALPHA the forward passes of training differ in precision (float32: Joint; bf16: Half)."
    assert study.caveats == [f"ALPHA: {DRAWN}", told]


def test_an_experiment_may_refuse_them(tmp_path):
    sweep = made(tmp_path, [WHOLE, HALF], mixed="error")
    sweep.study().collected.write(tmp_path / "collected")
    with pytest.raises(UserError, match=r"'mini' has `mixed: error`, but on ALPHA .* bf16: Half"):
        Study.read(Project(tmp_path), "mini", tmp_path / "collected")
