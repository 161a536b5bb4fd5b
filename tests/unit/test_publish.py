"""A release's results: whole, of one clean commit, and comparable."""

import json

import pytest

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.publish import published
from tests.unit.conftest import write

MADE = (
    "tables/main.md",
    "tables/main_toy.tex",
    "figures/main_curves.pdf",
    "statistics/main.csv",
    "claims.md",
    "figures/claims.png",
    "paper.pdf",
    "numbers.tex",
    "runs.parquet",
)
OTHERS = ("tables/mainly.md", "figures/other_curves.pdf", "logs/main.log")


@pytest.fixture
def replication(project):
    """Results of the experiment `main`, and some that do not belong to it."""
    results = project.root / "results"
    for name in (*MADE, *OTHERS):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(f"content of {name}")
    commit(project, ["abc"])
    return results


def commit(project, commits):
    path = project.root / "results/collected/main/provenance.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"commits": commits}))


def test_what_the_replication_made_is_kept_and_nothing_else(project, replication, capsys):
    (replication / "published/v1").mkdir(parents=True)
    (replication / "published/v1/old.md").write_text("of the version before")
    assert main(["publish", "v1"]) == 0
    kept = {
        path.relative_to(replication / "published/v1") for path in (replication / "published").rglob("*.*")
    }
    assert {str(path) for path in kept} == {*MADE, "provenance/main.json"}
    assert main(["publish", "v1", "--check"]) == 0
    assert "byte for byte" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["tables/main.md", "tables/main_new.md"])
def test_a_difference_is_named(project, replication, change, capsys):
    main(["publish", "v1"])
    (replication / change).write_text("something else")
    assert main(["publish", "v1", "--check"]) == 2
    assert f"differs from this replication in 1 files, the first of them {change}" in capsys.readouterr().err


@pytest.mark.parametrize("commits", [["abc-dirty"], ["abc", "def"], ["unknown"], []])
def test_only_one_clean_commit_is_published(project, replication, commits, capsys):
    commit(project, commits)
    assert main(["publish", "v1"]) == 2
    assert "one commit without changes" in capsys.readouterr().err
    assert not (replication / "published").exists()


def test_what_is_missing_is_named(project, replication):
    write(project.root / "workflow/config/config.yaml", {"experiments": ["main", "second"], "quick": "main"})
    with pytest.raises(UserError, match=r"no results of 'second'; run `snakemake --cores all`"):
        published(project, replication)
