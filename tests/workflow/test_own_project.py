"""A project of one's own, as `inforeg init` makes it: outside of this repository, with the package alone."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inforeg.__main__ import main
from tests.unit.conftest import fingerprint
from tests.workflow.conftest import ROOT, Tree


@pytest.fixture
def own(tmp_path: Path) -> Tree:
    """The project, nothing run yet."""
    tree = Tree(tmp_path / "my project")
    answer = subprocess.run(
        [sys.executable, "-m", "inforeg", "init", tree.path.name],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert "inforeg data prepare measurements --raw raw" in answer.stdout
    return tree


def test_its_readme_is_followed_to_its_end(own: Tree) -> None:
    assert own.run("pytest", "-q", "-p", "no:cacheprovider").returncode == 0
    # Before there are data, what is missing is named.
    answer = own.run("snakemake", "--cores", "2")
    assert answer.returncode != 0
    assert "inforeg data prepare measurements --raw" in answer.stderr

    for command in (["test-data", "measurements", "--raw", "raw"], ["test-method", "smoothed"]):
        answer = own.run("inforeg", *command)
        assert answer.returncode == 0, answer.stdout
        assert "same-bits: kept\n" in answer.stdout
    assert not (own.path / "data").exists()

    answer = own.run("inforeg", "data", "prepare", "measurements", "--raw", "raw")
    assert answer.returncode == 0, answer.stderr
    assert "path: data/measurements" in (own.path / "data.dvc").read_text(encoding="utf-8")
    answer = own.run("inforeg", "check")
    assert (answer.returncode, "data: measurements" in answer.stdout) == (0, True), answer.stderr

    own.make("--config", "seeds=2")
    results = own.path / "results"
    table = (results / "tables/comparison.md").read_text(encoding="utf-8")
    assert all(label in table for label in ("Joint training", "Label smoothing at 0.3", "InfoReg"))
    assert (results / "claims/comparison.md").exists()
    assert (results / "figures/comparison_differences.png").exists()
    runs = {path.name for path in (results / "runs/measurements/smoothed").iterdir()}
    assert runs == {"default", "strong"}
    assert "Nothing to be done" in own.make("--config", "seeds=2")


def test_a_model_of_three_modalities_is_diagnosed_by_the_commands_of_the_page(own: Tree) -> None:
    own.edit("own/measurements.py", '("first", "second")', '("first", "second", "third")')
    shutil.copy(own.path / "raw/first.csv", own.path / "raw/third.csv")
    benchmark = "workflow/config/benchmarks/measurements.yaml"
    own.edit(benchmark, "training: {epochs: 20", "  third: {kind: mlp, hidden: [8]}\ntraining: {epochs: 3")
    answer = own.run("inforeg", "data", "prepare", "measurements", "--raw", "raw")
    assert answer.returncode == 0, answer.stderr

    page = (ROOT / "workflow/docs/imbalance.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL)
    command, made = (shlex.split(line) for line in block.splitlines())
    with own.start(*command, INFOREG_SELECT="seeds=2") as process:
        printed, complaint = process.communicate()
    assert process.returncode == 0, complaint
    assert "too few seeds: with n = 2 and 14 tests" in " ".join(printed.split())
    assert re.findall(r"^(first|second|third) +\d", printed, re.MULTILINE) == ["first", "second", "third"] * 2
    folder = own.path / "results/diagnoses/measurements"
    first = (folder / "verdicts.csv").read_bytes()

    trained = {path: path.stat().st_mtime_ns for path in own.path.rglob("summary.json")}
    assert made[:1] == ["snakemake"]
    own.make(*made[3:], "--config", "seeds=2")
    assert {path: path.stat().st_mtime_ns for path in own.path.rglob("summary.json")} == trained
    assert (folder / "verdicts.csv").read_bytes() == first


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine", encoding="utf-8")
    before = fingerprint(tmp_path)
    assert main(["init", str(tmp_path / "mine")]) == 2
    assert "mine is there already; name a folder that is new or empty" in capsys.readouterr().err
    assert fingerprint(tmp_path) == before


def test_an_empty_folder_is_taken_and_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["init", str(tmp_path / "empty")]) == 0
    assert (tmp_path / "empty/Snakefile").exists()
    assert (tmp_path / "empty/.gitignore").exists()
    assert main(["init", str(tmp_path / "empty/Snakefile")]) == 2


def test_a_project_that_cannot_be_finished_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28), "x")

    monkeypatch.setattr("inforeg.suite.starting._draw", full)
    assert main(["init", str(tmp_path / "mine")]) == 2
    assert list(tmp_path.iterdir()) == []
