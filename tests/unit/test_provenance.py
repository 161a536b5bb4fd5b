"""The commit is the package's own, or none."""

import os
import subprocess
from pathlib import Path

import pytest

from inforeg.engine import provenance
from inforeg.engine.provenance import commit

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "someone" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(
        command, cwd=folder, env=kept | GIT, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(autouse=True)
def _afresh():
    commit.cache_clear()
    yield
    commit.cache_clear()


def asked(root: Path) -> str:
    commit.cache_clear()
    return commit(root)


def sources(root: Path) -> Path:
    (root / "inforeg/methods").mkdir(parents=True)
    (root / "workflow/config").mkdir(parents=True)
    (root / "inforeg/methods/joint.py").write_text("loss = 1\n")
    (root / "workflow/config/config.yaml").write_text("quick: main\n")
    (root / "Snakefile").write_text("rule all:\n")
    return root


@pytest.fixture
def project(tmp_path) -> Path:
    root = sources(tmp_path / "project")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "all")
    return root


def test_a_clean_tree_has_its_commit(project):
    assert asked(project) == git(project, "rev-parse", "HEAD")
    (project / "notes.txt").write_text("not of the sources")
    (project / "results").mkdir()
    (project / "results/runs.parquet").touch()
    assert asked(project) == git(project, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "inforeg/methods/mine.py").write_text("loss = 2\n"),
        lambda root: (root / "workflow/config/mine.yaml").write_text("quick: mine\n"),
        lambda root: (root / "inforeg/methods/joint.py").write_text("loss = 2\n"),
        lambda root: (root / "Snakefile").unlink(),
        lambda root: git(root, "mv", "Snakefile", "Other"),
        lambda root: (root / "inforeg/methods/a name\nö.py").write_text("loss = 2\n"),
    ],
    ids=["a method not added", "a YAML not added", "an edit", "a removal", "a move", "an odd name"],
)
def test_a_changed_tree_is_dirty(project, change):
    head = git(project, "rev-parse", "HEAD")
    change(project)
    assert asked(project) == f"{head}-dirty"


def test_an_unpacked_archive_has_no_commit_of_the_repository_around_it(project):
    inner = sources(project / "elsewhere/inforeg-0.2")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "more")
    first = asked(inner)
    assert first.startswith("sources-")
    assert first == asked(sources(project.parent / "another place"))
    (inner / "inforeg/methods/joint.py").write_text("loss = 2\n")
    assert asked(inner) not in (first, asked(project))


def test_a_run_from_elsewhere_records_the_packages_commit(project, tmp_path, monkeypatch):
    other = sources(tmp_path / "other")
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "other")
    head = git(project, "rev-parse", "HEAD")
    monkeypatch.chdir(other)
    assert asked(project) == head
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert asked(project) == head


def test_worktrees_and_shallow_clones_have_their_commit(project, tmp_path):
    head = git(project, "rev-parse", "HEAD")
    git(project, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", "shallow")
    assert asked(tmp_path / "tree") == asked(tmp_path / "shallow") == head


def test_where_git_cannot_say_the_sources_do(project, tmp_path, monkeypatch):
    wanted = asked(sources(tmp_path / "plain"))
    assert wanted.startswith("sources-")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        assert asked(project) == wanted
    (project / ".git/HEAD").write_text("nonsense")
    assert asked(project) == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_where_git_trusts_nobody_the_sources_say(project, tmp_path, monkeypatch):
    """Git refuses the repository of another user: "dubious ownership"."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert asked(project) == git(project, "rev-parse", "HEAD")
    for path in (project, project / ".git"):
        os.chown(path, 12345, 12345)
    assert asked(project) == asked(sources(tmp_path / "plain"))


def test_nothing_is_written_into_the_repository(project):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    (project / "Snakefile").touch()  # git would refresh its index
    before[project / "Snakefile"] = (project / "Snakefile").stat().st_mtime_ns
    asked(project)
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_a_package_without_metadata_has_no_version():
    assert provenance._version("no-such-package-at-all") == "not installed"
