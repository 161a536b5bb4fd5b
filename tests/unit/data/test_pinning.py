"""`inforeg data add`: data.dvc says what is there, DVC agrees, and what is broken is not pinned."""

import shutil
from pathlib import Path

import pytest
import yaml

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.suite.folders import dvc_cache, store
from inforeg.suite.project import Project
from tests.unit.data.test_store import dvc


@pytest.fixture
def made(project: Project, toy: Path) -> Path:
    """The folder of the data set `toy`, whose entry data.dvc has lost."""
    folder = store.fetch("toy", project)
    (project.root / "data.dvc").write_text(
        "outs:\n- md5: " + "0" * 32 + ".dir\n  hash: md5\n  path: data/zoo\n"
    )
    return folder


def add(project: Project, *options: str) -> int:
    return main(["data", "add", "toy", *options])


def outs(project: Project) -> list[dict]:
    return yaml.safe_load((project.root / "data.dvc").read_text())["outs"]


def test_the_entry_is_the_one_that_dvc_writes(project, made, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    assert add(project) == 0
    ours, zoo = outs(project)
    assert zoo["path"] == "data/zoo"
    assert store.verify("toy", Project(project.root)) == made
    assert f"toy: data.dvc pins {ours['md5']}" in capsys.readouterr().out
    (project.root / "data.dvc").write_text(yaml.safe_dump({"outs": [ours]}, sort_keys=False))
    assert yaml.safe_load(dvc(project.root, "status", "--json")) == {}
    (project.root / "data.dvc").write_text("outs:\n- path: data/toy\n")
    dvc(project.root, "add", "--quiet", "data/toy")
    assert outs(project) == [ours]


def test_dvc_can_push_what_was_added(project, made, monkeypatch, tmp_path):
    monkeypatch.chdir(project.root)
    shutil.rmtree(project.root / ".dvc/cache", ignore_errors=True)
    assert add(project) == 0
    (project.root / "data.dvc").write_text(yaml.safe_dump({"outs": outs(project)[:1]}, sort_keys=False))
    dvc(project.root, "remote", "add", "--quiet", "--default", "lab", str(tmp_path / "remote"))
    dvc(project.root, "push", "--quiet")
    assert any(path.name.endswith(".dir") for path in (tmp_path / "remote").rglob("*"))


def test_without_a_cache_no_second_copy_is_made(project, made, monkeypatch):
    monkeypatch.chdir(project.root)
    shutil.rmtree(project.root / ".dvc/cache", ignore_errors=True)
    assert add(project, "--no-cache") == 0
    assert not list((project.root / ".dvc").rglob("*.dir"))
    assert store.verify("toy", Project(project.root)) == made


def test_added_again_the_entry_is_replaced(project, made, monkeypatch):
    monkeypatch.chdir(project.root)
    add(project)
    first = outs(project)
    assert add(project) == 0
    assert outs(project) == first


@pytest.mark.parametrize("damage", ["gone", "a file changed", "a file more", "data.dvc in conflict"])
def test_what_is_broken_is_not_pinned(project, made, monkeypatch, capsys, damage):
    monkeypatch.chdir(project.root)
    if damage == "gone":
        shutil.rmtree(made)
    elif damage == "a file changed":
        next(made.glob("*.npy")).write_bytes(b"x")
    elif damage == "a file more":
        (made / "more.npy").write_bytes(b"x")
    else:
        (project.root / "data.dvc").write_text("<<<<<<< HEAD\nouts: []\n=======\n")
    before = (project.root / "data.dvc").read_bytes()
    assert add(project) == 2
    assert (project.root / "data.dvc").read_bytes() == before
    said = capsys.readouterr().err
    assert said.startswith("inforeg: ")
    assert said.count("\n") == 1
    with pytest.raises(UserError):
        store.verify("toy", Project(project.root))


def test_a_cache_that_does_not_take_the_folder_is_a_warning(project, made, monkeypatch, caplog):
    def full(*arguments, **options):
        raise OSError("no space")

    monkeypatch.chdir(project.root)
    monkeypatch.setattr(dvc_cache, "transfer", full)
    assert add(project) == 0
    assert "DVC does not keep the data (OSError: no space)" in caplog.text
    assert store.verify("toy", Project(project.root)) == made
