"""`inforeg data` from the command line's side."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from inforeg.cli import data
from inforeg.errors import UserError
from inforeg.files import sha256
from inforeg.registry import DATASETS
from inforeg.suite.project import Project


def call(*words: str) -> None:
    parser = argparse.ArgumentParser()
    data.register(parser.add_subparsers(required=True))
    args = parser.parse_args(["data", *words])
    args.run(args)


@pytest.fixture(autouse=True)
def _here(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))


def test_fetch_then_verify(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    call("fetch", "toy")
    call("verify", "toy")
    where = project.root / "data/toy"
    assert capsys.readouterr().out == f"toy: {where}\ntoy: {where} is as data.dvc pins it\n"


def test_fetch_with_force_replaces(project: Project) -> None:
    call("fetch", "toy")
    manifest = project.root / "data/toy/MANIFEST.json"
    whole = manifest.read_bytes()
    manifest.unlink()
    manifest.write_text("{}")
    call("fetch", "--force", "toy")
    assert manifest.read_bytes() == whole


def test_prepare_prints_the_pinned_hash(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("prepare", "toy", "--output", str(tmp_path / "anew"))
    assert project.data_hashes()["toy"] in capsys.readouterr().out
    assert (tmp_path / "anew/MANIFEST.json").exists()


def test_prepare_counts_the_samples_of_each_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("prepare", "toy", "--output", str(tmp_path / "stored"))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "plain train: 6 samples (no 3, yes 3)",
        "plain val: 2 samples (no 1, yes 1)",
        "plain test: 2 samples (no 1, yes 1)",
    ]
    call("prepare", "synthetic", "--output", str(tmp_path / "drawn"))
    assert "val: 600 samples (class_0 75, class_1 75," in capsys.readouterr().out


def test_prepare_refuses_what_cannot_be_trained_on(
    tmp_path: Path, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.write_text("0000000000")
    benchmark = DATASETS.get("toy")
    pinned = replace(benchmark.sources["digits"], sha256=sha256(toy))
    monkeypatch.setattr(benchmark, "sources", {"digits": pinned})
    with pytest.raises(UserError, match="split of the benchmark 'toy' has samples of one class only"):
        call("prepare", "toy", "--output", str(tmp_path / "anew/toy"))
    assert list((tmp_path / "anew").iterdir()) == []


def test_prepare_refuses_a_modality_that_is_declared_and_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DATASETS.get("toy"), "modalities", ("left", "right", "middle"))
    with pytest.raises(UserError, match="train split of the benchmark 'toy' lacks the modality 'middle'"):
        call("prepare", "toy", "--output", str(tmp_path / "anew"))


@pytest.mark.parametrize("action", ["fetch", "verify", "prepare"])
def test_help_says_what_a_benchmark_is(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call(action, "--help")
    assert ended.value.code == 0
    assert "a data set, or a configured benchmark" in " ".join(capsys.readouterr().out.split())
