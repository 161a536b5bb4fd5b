"""A release's results: whole, of one clean commit, and comparable."""

import json
import os

import pytest

from inforeg.__main__ import main

EXPERIMENT_FILES = tuple(
    f"tables/main{end}.{suffix}" for end in ("", "_toy") for suffix in ("tex", "md", "html")
)
MADE = (
    *EXPERIMENT_FILES,
    *("statistics/main.csv", "statistics/main.json"),
    *("claims.md", "claims.tex", "claims.html", "claims.json"),
    *("figures/claims.pdf", "figures/claims.png", "figures/claims.csv"),
    *("paper.tex", "numbers.tex", "runs.parquet", "paper.pdf"),
)
OTHERS = ("tables/main_before.md", "tables/mainly.md", "figures/other_curves.pdf", "logs/main.log")


@pytest.fixture
def replication(project):
    """Results of the experiment `main`, and some that do not belong to it."""
    results = project.root / "results"
    for name in (*MADE, *OTHERS):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(f"content of {name}")
    commit(project, ["abc"])
    return results


def commit(project, commits, collected_by="abc"):
    path = project.root / "results/collected/main/provenance.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"commits": commits, "collected_by": collected_by}))


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


def test_a_difference_is_named(project, replication, capsys):
    main(["publish", "v1"])
    (replication / "tables/main.md").write_text("something else")
    assert main(["publish", "v1", "--check"]) == 2
    said = capsys.readouterr().err
    assert "differs from this replication in 1 files, the first of them tables/main.md" in said


@pytest.mark.parametrize("tag", [".", "..", "a/b", "/tmp", "", "-v1"])
def test_a_tag_is_no_path(project, replication, tag, capsys):
    before = sorted(replication.rglob("*"))
    assert main(["publish", "--", tag]) == 2
    assert "is no tag" in capsys.readouterr().err
    assert sorted(replication.rglob("*")) == before


@pytest.mark.parametrize("name", [name for name in MADE if name != "paper.pdf"])
def test_what_is_missing_is_named_and_nothing_is_kept(project, replication, name, capsys):
    (replication / name).unlink()
    assert main(["publish", "v1"]) == 2
    assert f"{name} is missing; run `snakemake --cores all` first" in capsys.readouterr().err
    assert not (replication / "published").exists()


def test_a_document_older_than_its_source_is_not_kept(project, replication):
    os.utime(replication / "paper.pdf", (0, 0))
    main(["publish", "v1"])
    assert (replication / "published/v1/paper.tex").exists()
    assert not (replication / "published/v1/paper.pdf").exists()


@pytest.mark.parametrize("commits", [["abc-dirty"], ["abc", "def"], ["unknown"]])
def test_only_one_clean_commit_is_published(project, replication, commits, capsys):
    commit(project, commits)
    assert main(["publish", "v1"]) == 2
    assert "one commit without changes" in capsys.readouterr().err
    assert not (replication / "published").exists()


@pytest.mark.parametrize("collected_by", ["abc-dirty", "def", "unknown"])
def test_the_analysis_is_of_the_runs_commit(project, replication, collected_by, capsys):
    commit(project, ["abc"], collected_by)
    assert main(["publish", "v1"]) == 2
    assert f"made and collected by abc, {collected_by};" in capsys.readouterr().err
    assert not (replication / "published").exists()
