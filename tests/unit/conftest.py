"""A project of its own for each test: two benchmarks on synthetic data, one experiment."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml

from inforeg.__main__ import main
from inforeg.registry import DATASETS
from inforeg.suite.folders.store import directory_hash, prepare
from inforeg.suite.project import Project

BENCHMARK = {
    "title": "Toy",
    "data": {"name": "synthetic", "train": 64, "val": 32, "test": 32},
    "encoders": {m: {"kind": "mlp", "hidden": [8], "features": 4} for m in ("first", "second")},
    "training": {"epochs": 2, "lr": 0.05, "batch_size": 32},
    "seeds_per_job": 2,
}
EXPERIMENT = {
    "title": "A table",
    "benchmarks": ["toy"],
    "seeds": 3,
    "reference": "joint",
    "rows": [
        {"label": "Unimodal", "method": "unimodal"},
        {"label": "Ensemble", "method": "ensemble"},
        {"label": "Joint training", "method": "joint"},
        {"label": "InfoReg*", "method": "inforeg", "variant": "star", "set": {"unimodal_weight": 1.0}},
    ],
    "claims": [
        {
            "id": "wins",
            "statement": "InfoReg* wins",
            "better": "inforeg/star",
            "worse": "joint",
            "source": "-",
        }
    ],
}
TRAIN = ["train", "--benchmark", "toy", "--method"]


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with its data in place; it is the working directory."""
    root = tmp_path / "project"
    write(root / "workflow/config/benchmarks/toy.yaml", BENCHMARK)
    write(root / "workflow/config/experiments/main.yaml", EXPERIMENT)
    write(root / "workflow/config/config.yaml", {"experiments": ["main"], "quick": "main"})
    prepare(DATASETS.build("synthetic", {}), root / "data/synthetic")
    entry = {"path": "data/synthetic", "md5": directory_hash(root / "data/synthetic"), "hash": "md5"}
    write(root / "data.dvc", {"outs": [entry]})
    monkeypatch.chdir(root)
    for variable in ("INFOREG_ROOT", "INFOREG_SELECT"):
        monkeypatch.delenv(variable, raising=False)
    return Project()


def fingerprint(folder: Path) -> str:
    """A hash over every file below `folder`, names and contents."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    listed = [
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files
    ]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence with which a command refuses, having changed nothing."""
    before = fingerprint(Path.cwd())
    assert main(arguments) == 2
    sentence = capsys.readouterr().err.strip()
    assert sentence.startswith("inforeg: ")
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    assert fingerprint(Path.cwd()) == before
    return sentence
