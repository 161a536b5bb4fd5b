"""What DVC keeps under a folder's hash is checked before a byte is written."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from inforeg.errors import UserError
from inforeg.suite.folders import listing, store
from inforeg.suite.project import Project
from tests.unit.data.test_store import content, dvc, leftovers

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def named(relpath: Any, md5: Any = MD5) -> bytes:
    return json.dumps([{"md5": md5, "relpath": relpath}]).encode()


DAMAGED = {
    "above": named("../../../precious.txt"),
    "absolute": named("/tmp/precious.txt"),
    "through a folder": named("a/../../precious.txt"),
    "the folder": named("a/.."),
    "nothing": named(""),
    "a NUL": named("\0"),
    "a number": named(5),
    "no name": b'[{"md5": "%s"}]' % MD5.encode(),
    "no hash": b'[{"relpath": "a"}]',
    "a hash of a path": named("a", "../../../precious.txt"),
    "a hash of null": named("a", None),
    "a hash of a folder": named("a", MD5 + ".dir"),
    "twice": json.dumps([{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": "b/../a"}]).encode(),
    "no JSON": b"[{",
    "no text": b"\xff\xfe",
    "a mapping": b"{}",
    "numbers": b"[1, 2]",
    "a number alone": b"5",
    "null": b"null",
}


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED)
def test_a_listing_that_is_none_is_refused(raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^the listing\b"):
        listing.read(raw, listing.name_of(raw), tmp_path, "the listing")


def test_a_listing_under_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the listing is damaged: its MD5 is "):
        listing.read(named("a"), MD5 + ".dir", tmp_path, "the listing")


def test_a_listing_gives_places(tmp_path: Path) -> None:
    raw = named("a/b.npy")
    assert listing.read(raw, listing.name_of(raw), tmp_path, "-") == {tmp_path.resolve() / "a/b.npy": MD5}


def put(objects: Path, name: str, raw: bytes) -> Path:
    """An object of DVC's, as protected as DVC leaves it."""
    path = objects / "files/md5" / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(raw)
    path.chmod(0o444)
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_relative_to(folder / ".dvc/tmp")
    }


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    path = tmp_path / "precious.txt"
    path.write_text("precious")
    return path


@pytest.mark.parametrize("place", ["cache", "remote"])
@pytest.mark.parametrize("truthful", [True, False], ids=["under its own hash", "under another's"])
def test_a_listing_that_leads_out_writes_nothing_there(
    *,
    project: Project,
    precious: Path,
    tmp_path: Path,
    make_project: Callable[[str, Mapping[str, str]], Project],
    caplog: pytest.LogCaptureFixture,
    place: str,
    truthful: bool,
) -> None:
    evil = b"evil"
    md5 = listing.name_of(evil).removesuffix(".dir")
    raw = json.dumps(
        [{"md5": md5, "relpath": name} for name in ("../../../precious.txt", "../new.txt", "x")]
    ).encode()
    pinned = listing.name_of(raw) if truthful else project.data_hashes()["toy"]
    victim = make_project("victim", {"toy": pinned})
    objects = victim.root / ".dvc/cache"
    if place == "remote":
        objects = tmp_path / "remote"
        dvc(victim.root, "remote", "add", "--quiet", "--default", "lab", str(objects))
    put(objects, pinned, raw)
    put(objects, md5, evil)
    if truthful:
        with pytest.raises(UserError, match="comes out with the hash"):
            store.fetch("toy", victim)
    else:
        store.verify("toy", Project(store.fetch("toy", victim).parents[1]))
    assert precious.read_text() == "precious"
    assert not (victim.root / "data/new.txt").exists()
    assert leftovers(victim) == []
    assert "not inside" in caplog.text if truthful else "its MD5 is" in caplog.text


@pytest.mark.parametrize("raw", [b"{}", named("../x")])
def test_a_damaged_listing_is_a_warning_and_the_folder_rebuilt(
    project: Project, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    whole = content(store.fetch("toy", project))
    put(project.root / ".dvc/cache", project.data_hashes()["toy"], raw)
    shutil.rmtree(project.root / "data/toy")
    assert content(store.fetch("toy", project)) == whole
    assert "DVC's cache does not give data/toy" in caplog.text
    assert "is damaged: its MD5 is" in caplog.text


def test_a_listing_whose_hash_is_a_path_fetches_nothing_from_there(
    make_project: Callable[[str, Mapping[str, str]], Project], toy: Path, precious: Path, tmp_path: Path
) -> None:
    raw = named("x", "../../../../precious.txt")
    victim = make_project("victim", {"toy": listing.name_of(raw)})
    dvc(victim.root, "remote", "add", "--quiet", "--default", "lab", str(tmp_path / "remote"))
    put(tmp_path / "remote", listing.name_of(raw), raw)
    before = everything(victim.root)
    with pytest.raises(UserError, match="comes out with the hash"):
        store.fetch("toy", victim)
    after = everything(victim.root)
    assert after.keys() - before.keys() <= {"data/.lock", ".dvc/.gitignore"}


def test_a_remote_with_a_damaged_file_is_named(
    project: Project,
    toy: Path,
    tmp_path: Path,
    make_project: Callable[[str, Mapping[str, str]], Project],
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = content(store.fetch("toy", project))
    dvc(project.root, "remote", "add", "--quiet", "--default", "lab", str(tmp_path / "remote"))
    dvc(project.root, "push", "--quiet")
    target = next(
        path
        for path in (tmp_path / "remote").rglob("*")
        if path.is_file() and path.suffix != ".dir" and path.read_bytes() == whole["target.npy"]
    )
    target.chmod(0o644)
    target.write_bytes(whole["target.npy"][:-1] + b"\x07")
    clone = make_project("clone", project.data_hashes())
    shutil.copy(project.root / ".dvc/config", clone.root / ".dvc/config")
    assert content(store.fetch("toy", clone)) == whole
    assert "remote lab does not give data/toy (1 of its files are missing or damaged)" in caplog.text
