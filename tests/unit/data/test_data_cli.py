"""`inforeg data` from the command line's side."""

import argparse
from pathlib import Path

import pytest

from inforeg.cli import data
from inforeg.project import Project


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


@pytest.mark.parametrize("action", ["fetch", "verify", "prepare"])
def test_help_says_what_a_benchmark_is(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call(action, "--help")
    assert ended.value.code == 0
    assert "a data set, or a configured benchmark" in " ".join(capsys.readouterr().out.split())
