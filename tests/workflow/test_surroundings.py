"""Profiles and the report."""

from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

from tests.workflow.conftest import ROOT, Tree

PROFILES = sorted((ROOT / "workflow/profiles").glob("*/config.yaml"))


def test_there_is_a_profile_for_each_place() -> None:
    assert [path.parent.name for path in PROFILES] == ["ci", "local", "slurm"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_snakemake_knows_every_key_of_a_profile(path: Path) -> None:
    known = {
        option.lstrip("-") for action in get_argument_parser()._actions for option in action.option_strings
    }
    assert yaml.safe_load(path.read_text(encoding="utf-8")).keys() <= known


def test_the_report_holds_tables_figures_and_claims(tree: Tree) -> None:
    answer = tree.run("snakemake", "--report", "results/report.html")
    assert answer.returncode == 0, answer.stderr
    report = (tree.path / "results/report.html").read_text(encoding="utf-8")
    for name in ("tables/main.md", "figures/main_curves.png", "statistics/main.csv", "claims.md"):
        assert f"results/{name}" in report
    assert "Tables of the experiment" in report
    assert "system-message" not in report  # what docutils puts where it cannot read a caption
