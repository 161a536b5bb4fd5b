"""A release's results: whole, of clean commits, and never lost."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.probes.frames import COLUMNS
from inforeg.suite.products import FRAMES, TIMED
from tests.unit.conftest import EXPERIMENT, fingerprint, write

EXPERIMENT_FILES = tuple(
    f"tables/main{end}.{suffix}" for end in ("", "_toy") for suffix in ("tex", "md", "html")
)
MADE = (
    *EXPERIMENT_FILES,
    *("statistics/main.csv", "statistics/main.json"),
    *("claims/main.md", "claims/main.tex", "claims/main.html", "claims/main.json"),
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
    (replication / "published/v1/tables").mkdir(parents=True)
    (replication / "published/v1/tables/old.md").write_text("of the version before")
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


@pytest.mark.parametrize("commits", [["abc-dirty"], ["abc", "def"], ["sources-abc"]])
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


@pytest.fixture
def kept(project, replication):
    """What is published as v1, and a replication that differs."""
    assert main(["publish", "v1"]) == 0
    (replication / "tables/main.md").write_text("something else")
    return replication / "published/v1"


def left(kept):
    return sorted(path.name for path in kept.parent.iterdir())


@pytest.mark.parametrize("step", [1, 2])
def test_a_rename_that_fails_leaves_the_old_version(kept, step, monkeypatch, capsys):
    before, calls, rename = fingerprint(kept), [], Path.rename

    def fail(path, target):
        calls.append(path)
        if len(calls) == step:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    assert main(["publish", "v1"]) == 2
    assert "Input/output error; nothing was lost" in capsys.readouterr().err
    assert fingerprint(kept) == before
    assert left(kept) == ["v1"]


def test_a_full_disk_leaves_the_old_version(kept, monkeypatch, capsys):
    before, copy = fingerprint(kept), shutil.copyfile

    def fail(source, target):
        if "statistics" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", fail)
    assert main(["publish", "v1"]) == 2
    assert "No space left on device; nothing was lost" in capsys.readouterr().err
    assert fingerprint(kept) == before
    assert left(kept) == ["v1"]


KILLED = """
import os, signal, sys
from pathlib import Path
from inforeg.__main__ import main
rename, calls = Path.rename, []
def kill(path, target):
    calls.append(path)
    if len(calls) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)
Path.rename = kill
main(["publish", "v1"])
"""


@pytest.mark.parametrize("call", [["publish", "v1"], ["publish", "v1", "--check"]])
@pytest.mark.parametrize("step", [1, 2])
def test_a_kill_between_the_renames_loses_nothing(kept, step, call):
    before = fingerprint(kept)
    subprocess.run([sys.executable, "-c", KILLED, str(step)], check=False)
    assert kept.exists() == (step == 1)
    main(call)
    if "--check" in call:
        assert fingerprint(kept) == before
    else:
        assert (kept / "tables/main.md").read_text() == "something else"
        assert left(kept) == ["v1"]


@pytest.mark.parametrize("name", ["notes.txt", "old/notes.txt"])
def test_a_folder_that_is_not_ours_is_not_replaced(project, replication, name, capsys):
    mine = replication / "published/v1" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("my own")
    assert main(["publish", "v1"]) == 2
    assert f"v1 holds {name.split('/')[0]!r}, which no replication publishes" in capsys.readouterr().err
    assert mine.read_text() == "my own"


def test_a_link_is_not_replaced(project, replication, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (replication / "published").mkdir()
    (replication / "published/v1").symlink_to(tmp_path / "mine")
    assert main(["publish", "v1"]) == 2
    assert "v1 is no folder; give another tag" in capsys.readouterr().err
    assert (replication / "published/v1").is_symlink()


def test_what_does_not_carry_our_mark_is_not_removed(project, replication):
    theirs = [replication / "published" / name / "file" for name in (".v1.part", ".v1.before", ".v1.new")]
    for path in theirs:
        path.parent.mkdir(parents=True)
        path.write_text("theirs")
    assert main(["publish", "v1"]) == 0
    assert main(["publish", "v1"]) == 0
    assert all(path.exists() for path in theirs)


@pytest.mark.parametrize("content", ["", "[]", "5", "null", "{}", '{"commits": null}', '{"commits": []}'])
def test_a_damaged_provenance_is_one_sentence(project, replication, content, capsys):
    (replication / "collected/main/provenance.json").write_text(content)
    assert main(["publish", "v1"]) == 2
    said = capsys.readouterr().err
    assert "collected/main/provenance.json is damaged" in said
    assert "delete it and run `snakemake --cores all`" in said
    assert not (replication / "published").exists()


def test_comparing_with_nothing_names_the_remedy(project, replication, capsys):
    assert main(["publish", "v1", "--check"]) == 2
    assert "published/v1 is not there; make it with `inforeg publish v1`" in capsys.readouterr().err


def put(results, name, content):
    path = results / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


FURTHER = (
    *(f"tables/further{end}.{suffix}" for end in ("", "_toy") for suffix in ("tex", "md", "html")),
    *(f"claims/further.{suffix}" for suffix in ("md", "tex", "html", "json")),
    *("statistics/further.csv", "statistics/further.json"),
)
RUNS = tuple(f"collected/further/{file}" for file in FRAMES[:-2])
TIMES = tuple(f"collected/further/{file}" for file in TIMED)
CHOSEN = ("settings/chosen.yaml", "settings/trials.csv", "settings/trials.md")


def further(results, commits=("abc", "def"), collected_by="abc"):
    """Make the experiment `further`, which is outside `all`."""
    for name in (*FURTHER, *RUNS, *TIMES):
        put(results, name, f"content of {name}")
    origin = {"commits": commits, "collected_by": collected_by}
    put(results, "collected/further/provenance.json", json.dumps(origin))


def chosen(results, commits=("def",), collected_by="abc"):
    """Make what the protocol of settings chooses."""
    for name in CHOSEN:
        put(results, name, f"content of {name}")
    origin = {"commits": commits, "collected_by": collected_by}
    put(results, "settings/provenance.json", json.dumps(origin))


def test_the_frames_are_those_that_are_collected():
    assert FRAMES[:-2] == tuple(f"{name}.parquet" for name in COLUMNS)


@pytest.fixture
def targets(project, replication):
    """A project with a target beside `all`, of which the document names a finding."""
    write(project.root / "workflow/config/experiments/further.yaml", EXPERIMENT)
    finding = {"title": "Does it?", "claims": {"further": ["wins"]}}
    workflow = {"experiments": ["main"], "quick": "main", "targets": {"long": ["further", "main"]}}
    write(project.root / "workflow/config/config.yaml", {**workflow, "findings": [finding]})
    return replication


def test_what_was_made_beside_is_published_too(targets, capsys):
    further(targets)
    chosen(targets)
    assert main(["publish", "v1"]) == 0
    kept = targets / "published/v1"
    found = {str(path.relative_to(kept)) for path in kept.rglob("*.*")}
    origins = {"provenance/main.json", "provenance/further.json", "provenance/settings.json"}
    assert found == {*MADE, *FURTHER, *RUNS, *TIMES, "collected/further/provenance.json", *CHOSEN, *origins}
    capsys.readouterr()
    assert main(["publish", "v1", "--check"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Compared: what `all` makes, further, settings.\n")
    assert "byte for byte" in said
    for name in TIMES:
        put(targets, name, "of a slower machine")
    assert main(["publish", "v1", "--check"]) == 0
    assert f"Only what names the machine differs in {', '.join(TIMES)}." in capsys.readouterr().out
    for name in ("tables/further.md", RUNS[0]):
        put(targets, name, "something else")
    assert main(["publish", "v1", "--check"]) == 2
    assert f"in 2 files, the first of them {RUNS[0]}" in capsys.readouterr().err


def unmake(results):
    (results / "collected/further/provenance.json").unlink()
    (results / "settings/provenance.json").unlink()
    put(results, "paper.tex", "without the findings of `further`")


def test_what_only_one_of_the_two_has_is_not_compared_and_said(targets, capsys):
    further(targets)
    chosen(targets)
    main(["publish", "v1"])
    unmake(targets)
    capsys.readouterr()
    assert main(["publish", "v1", "--check"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "Compared: what `all` makes.",
        "Not compared, since not made here: further, settings.",
        "Nor is the document, which names findings of further.",
    ]
    put(targets, "tables/main.md", "something else")
    assert main(["publish", "v1", "--check"]) == 2
    capsys.readouterr()
    put(targets, "tables/main.md", "content of tables/main.md")
    main(["publish", "v2"])
    further(targets)
    assert main(["publish", "v2", "--check"]) == 0
    assert "Not compared, since not published: further.\nNor is the document" in capsys.readouterr().out


def test_a_document_that_names_nothing_beside_is_compared(targets, capsys):
    chosen(targets)
    main(["publish", "v1"])
    (targets / "settings/provenance.json").unlink()
    put(targets, "paper.tex", "of something else")
    assert main(["publish", "v1", "--check"]) == 2
    assert "the first of them paper.tex" in capsys.readouterr().err


def test_what_is_published_beside_is_not_dropped(targets, capsys):
    further(targets)
    main(["publish", "v1"])
    before = fingerprint(targets / "published/v1")
    (targets / "collected/further/provenance.json").unlink()
    capsys.readouterr()
    assert main(["publish", "v1"]) == 2
    assert "v1 holds further, not made here; run `snakemake --cores all further`" in capsys.readouterr().err
    assert fingerprint(targets / "published/v1") == before


@pytest.mark.parametrize("name", [*FURTHER, *RUNS, *CHOSEN])
def test_what_was_made_beside_in_part_is_named(targets, name, capsys):
    further(targets)
    chosen(targets)
    (targets / name).unlink()
    assert main(["publish", "v1"]) == 2
    target = "settings" if name in CHOSEN else "further"
    assert f"{name} is missing; run `snakemake --cores all {target}` first" in capsys.readouterr().err
    assert not (targets / "published").exists()


@pytest.mark.parametrize("make", [further, chosen])
@pytest.mark.parametrize("commit", ["def-dirty", "sources-def"])
def test_runs_beside_are_of_clean_commits(targets, make, commit, capsys):
    make(targets, commits=("abc", commit))
    assert main(["publish", "v1"]) == 2
    assert (
        f"were made or collected by {commit}; a release is of commits without changes"
        in capsys.readouterr().err
    )
    assert not (targets / "published").exists()


@pytest.mark.parametrize("make", [further, chosen])
def test_what_is_beside_may_be_collected_by_another_commit_without_changes(targets, make, capsys):
    make(targets, collected_by="def")
    assert main(["publish", "v1"]) == 0
    make(targets, collected_by="def-dirty")
    assert main(["publish", "v1"]) == 2
    assert "were made or collected by def-dirty;" in capsys.readouterr().err


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*.*")}


def test_what_is_beside_is_published_alone_and_joined(targets, capsys):
    further(targets)
    assert main(["publish", "long", "further"]) == 0
    alone = {*FURTHER, *RUNS, *TIMES, "collected/further/provenance.json", "provenance/further.json"}
    assert files(targets / "published/long") == alone
    chosen(targets)
    (targets / "tables/further.md").unlink()
    assert main(["publish", "long", "settings"]) == 0
    assert files(targets / "published/long") == {*alone, *CHOSEN, "provenance/settings.json"}
    assert main(["publish", "long", "settings", "--check"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Compared: settings.",
        "results/published/long is this replication, byte for byte",
    ]


def test_what_is_beside_does_not_change_a_whole_version(targets, capsys):
    main(["publish", "v1"])
    before = fingerprint(targets / "published/v1")
    further(targets)
    assert main(["publish", "v1", "further"]) == 2
    assert "v1 holds what `all` makes; give another tag for further alone" in capsys.readouterr().err
    assert fingerprint(targets / "published/v1") == before


@pytest.mark.parametrize("name", ["main", "father"])
def test_only_what_is_outside_all_is_published_alone(targets, name, capsys):
    assert main(["publish", "long", name]) == 2
    assert f"There is no target outside `all` {name!r}" in capsys.readouterr().err
    assert not (targets / "published").exists()
