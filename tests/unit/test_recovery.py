"""What a killed Snakemake left is cleared, and nothing else: marks are named as Snakemake names them."""

import errno
import fcntl
import inspect
import os
import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from snakemake.cli import args_to_api, parse_args

from inforeg.suite.recovery import IDLE, recover, runs_jobs

MADE = {"results/a.md", "results/tables/b.md", "data/x/MANIFEST.json"}


def mark(folder: Path, name: str) -> Path:
    """Snakemake's mark of an unfinished output, cut into parts where a file's name would be too long."""
    text = urlsafe_b64encode(name.encode()).decode()
    *parts, last = (text[at : at + 254] for at in range(0, len(text), 254))
    path = Path(folder, "incomplete", *(f"@{part}" for part in parts), last)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"external_jobid": null}')
    return path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("precious")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """.snakemake in a project; beside the project lies something precious."""
    put(tmp_path / "precious.txt")
    for name in ("precious.txt", *MADE):
        put(tmp_path / "project" / name)
    folder = tmp_path / "project/.snakemake"
    put(folder / "locks/0.input.lock")
    put(folder / "locks/0.output.lock")
    monkeypatch.chdir(tmp_path / "project")
    return folder


def recovered(folder: Path, made: set[str] = MADE) -> tuple[bool, list[str]]:
    """Whether there was a lock, and what was said."""
    said: list[str] = []
    alive = recover(folder, made, said.append)
    if alive is not None:
        os.close(alive)
    return alive is not None, said


def test_unfinished_outputs_and_locks_are_cleared(folder):
    long = f"results/{'b/' * 200}c.md"
    put(Path(long))
    marks = [mark(folder, name) for name in (*MADE, long)]
    assert len(marks[-1].relative_to(folder).parts) == 4
    assert recovered(folder, {*MADE, long}) == (True, [])
    assert [path for path in marks if path.exists()] == []
    assert [name for name in (*MADE, long) if Path(name).exists()] == ["data/x/MANIFEST.json"]
    assert list((folder / "locks").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["results/../precious.txt", "../precious.txt", "results/../../precious.txt", "results/.", "data/.."],
)
def test_a_mark_that_leads_out_of_the_results_is_named_and_nothing_is_deleted(folder, name):
    left = mark(folder, name)
    done = mark(folder, "results/a.md")
    there, said = recovered(folder, {*MADE, name})
    assert there
    assert len(said) == 1
    assert left.name in said[0]
    assert "it was not touched" in said[0]
    assert left.exists()
    assert Path("precious.txt").exists() and Path("../precious.txt").exists()
    assert not done.exists()


def test_an_absolute_name_is_named(folder):
    mark(folder, str(Path("precious.txt").resolve()))
    assert len(recovered(folder)[1]) == 1
    assert Path("precious.txt").exists()


def test_a_link_is_followed_before_anything_is_deleted(folder):
    out = put(folder.parents[1] / "tables/b.md")
    put(Path("results/kept.md"))
    Path("results/tables/b.md").unlink()
    Path("results/tables").rmdir()
    Path("results/tables").symlink_to(out.parent)
    Path("results/a.md").unlink()
    Path("results/a.md").symlink_to("kept.md")
    mark(folder, "results/tables/b.md")
    mark(folder, "results/a.md")
    assert len(recovered(folder)[1]) == 1
    assert out.exists()
    assert Path("results/kept.md").exists() and not Path("results/a.md").is_symlink()


def test_what_no_rule_makes_is_left_alone(folder):
    left = [mark(folder, name) for name in ("results/mine.md", "precious.txt", "data/y")]
    put(Path("results/mine.md"))
    assert recovered(folder) == (True, [])
    assert all(path.exists() for path in left)
    assert Path("results/mine.md").exists() and Path("precious.txt").exists()


def test_a_mark_that_is_none_is_left_alone(folder):
    names = ("migration_underway", ".DS_Store", "not base64!", "_w==", "cmVzdWx0cy9hLm1k=", "é", "cmVz.dWx0")
    left = [put(folder / "incomplete" / name) for name in names]
    nested = put(folder / "incomplete/@cmVz/x/y")
    folder.joinpath("incomplete", urlsafe_b64encode(b"results/a.md").decode()).mkdir()
    put(folder / "locks/notes.lock")
    assert recovered(folder) == (True, [])
    assert all(path.exists() for path in (*left, nested, folder / "locks/notes.lock", Path("results/a.md")))


def test_an_output_that_cannot_be_removed_keeps_its_mark(folder):
    Path("results/a.md").unlink()
    Path("results/a.md").mkdir()
    left, done = mark(folder, "results/a.md"), mark(folder, "results/tables/b.md")
    assert recovered(folder) == (True, [])
    assert left.exists() and not done.exists()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.EACCES, errno.EROFS])
def test_without_locks_nothing_is_cleared(folder, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    left = mark(folder, "results/a.md")
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert recovered(folder) == (False, [])
    assert left.exists() and Path("results/a.md").exists() and (folder / "locks/0.input.lock").exists()


@pytest.mark.parametrize("obstacle", ["a folder", "a link", "a file"])
def test_where_the_sign_of_life_cannot_be_written_nothing_is_cleared(folder, obstacle):
    left = mark(folder, "results/a.md")
    if obstacle == "a folder":
        (folder / "alive").mkdir()
    elif obstacle == "a link":
        (folder / "alive").symlink_to("../../precious.txt")
    else:
        folder = put(folder.parent / "other")
    assert recovered(folder) == (False, [])
    assert left.exists() and Path("results/a.md").exists()
    assert Path("../precious.txt").read_text() == "precious"


def test_while_another_is_alive_nothing_is_cleared(folder):
    other = recover(folder, MADE, print)
    left = mark(folder, "results/a.md")
    assert recovered(folder) == (True, [])
    assert left.exists()
    os.close(other)
    assert recovered(folder) == (True, [])
    assert not left.exists()


def test_every_option_with_which_snakemake_runs_no_job_is_known():
    source = inspect.getsource(args_to_api)
    modes = set(re.findall(r"elif args\.(\w+)", source)) & set(vars(parse_args([])[1]))
    assert modes - {"touch", "executor", *IDLE} == set()  # these two run jobs
    assert len(modes) > 20


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("--cores 2", True),
        ("--cores 2 table_main -R train", True),
        ("--touch", True),
        ("--cores 2 --report --report-after-run", True),
        ("-n", False),
        ("--report out.html", False),
        ("--dag", False),
        ("--cores 2 --summary", False),
        ("--unlock", False),
        ("--cleanup-metadata results/a.md", False),
        ("--lint", False),
    ],
)
def test_only_a_command_that_runs_jobs_clears(command, runs):
    assert runs_jobs(parse_args(command.split())[1]) == runs
