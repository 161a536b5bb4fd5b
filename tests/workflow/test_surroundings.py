"""Profiles, the report and the document."""

import shutil
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

from tests.workflow.conftest import ROOT, Tree, need_plugin

PROFILES = sorted((ROOT / "workflow/profiles").glob("*/config.yaml"))


def test_there_is_a_profile_for_each_place() -> None:
    assert [path.parent.name for path in PROFILES] == ["ci", "local", "slurm"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_snakemake_knows_every_key_of_a_profile(path: Path) -> None:
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "executor" in profile:
        need_plugin(profile["executor"])
    known = {
        option.lstrip("-") for action in get_argument_parser()._actions for option in action.option_strings
    }
    assert profile.keys() <= known


def test_the_report_holds_tables_figures_and_claims(tree: Tree) -> None:
    answer = tree.run("snakemake", "--report", "results/report.html")
    assert answer.returncode == 0, answer.stderr
    report = (tree.path / "results/report.html").read_text(encoding="utf-8")
    for name in ("tables/main.md", "figures/main_curves.png", "statistics/main.csv", "claims.md"):
        assert f"results/{name}" in report
    assert "Tables of the experiment" in report
    assert "system-message" not in report  # what docutils puts where it cannot read a caption


def test_without_latex_the_document_stays_latex_and_says_so(tree: Tree, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "cat", "git", "which"):  # the last for the plug-in of Slurm, where it is installed
        (tools / tool).symlink_to(shutil.which(tool) or "")
    (tree.path / "results/paper.tex").unlink()
    (tree.path / "results/paper.pdf").unlink(missing_ok=True)
    with tree.start("snakemake", "--cores", "2", PATH=str(tools)) as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert (tree.path / "results/paper.tex").exists()
    assert not (tree.path / "results/paper.pdf").exists()
    assert err.count("pdflatex is not there, so the document stays LaTeX; install it") == 1
