"""A damaged data folder is one sentence, never a traceback, never used, and never lost."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inforeg.errors import UserError
from inforeg.files import sha256
from inforeg.registry import DATASETS
from inforeg.suite.folders import manifest, store
from inforeg.suite.project import Project
from tests.unit.data.test_store import content, dvc, leftovers


@pytest.fixture
def folder(project: Project) -> Path:
    """The fetched folder of `toy`; none of its files shares its bytes with DVC's cache."""
    shutil.rmtree(project.root / ".dvc")
    return store.fetch("toy", project)


def truncate(folder: Path) -> None:
    (folder / "target.npy").write_bytes((folder / "target.npy").read_bytes()[:50])


def empty(folder: Path) -> None:
    (folder / "target.npy").write_bytes(b"")


def swap(folder: Path) -> None:
    first, second = folder / "split_plain_val.npy", folder / "split_plain_test.npy"
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)


def missing(folder: Path) -> None:
    (folder / "target.npy").unlink()


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def _instead(folder: Path) -> None:
        (folder / "target.npy").unlink()
        make(folder / "target.npy")

    return _instead


def huge(folder: Path) -> None:
    raw = (folder / "target.npy").read_bytes()
    (folder / "target.npy").write_bytes(raw.replace(b"(10,), }         ", b"(10000000000,), }"))


def beside(make: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda folder: make(folder / "more.npy") and None


def full(path: Path) -> None:
    path.mkdir()
    (path / "mine.txt").write_text("mine")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "truncated": truncate,
    "empty": empty,
    "swapped": swap,
    "missing": missing,
    "huge": huge,
    "a folder": instead(Path.mkdir),
    "a full folder": instead(full),
    "a link to nothing": instead(lambda path: path.symlink_to("nowhere")),
    "a link in a circle": instead(lambda path: path.symlink_to(path)),
    "a link to a folder": instead(lambda path: path.symlink_to("/etc")),
    "a link to another file": instead(lambda path: path.symlink_to("/etc/hostname")),
    "a pipe": instead(os.mkfifo),
    "one more": beside(lambda path: path.write_bytes(b"mine")),
    "one more pipe": beside(os.mkfifo),
    "one more link": beside(lambda path: path.symlink_to("nowhere")),
    "one more link to a folder": beside(lambda path: path.symlink_to("/etc")),
}


def state(folder: Path) -> list[tuple[str, object]]:
    """All that is there, links and pipes as they are."""
    return sorted(
        (str(path), path.read_bytes() if path.is_file() and not path.is_symlink() else path.lstat().st_mode)
        for path in folder.rglob("*")
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_and_left_as_it_is(folder: Path, project: Project, damage: str) -> None:
    DAMAGES[damage](folder)
    before = state(folder)
    with pytest.raises(UserError, match=r"/data/toy/\w+\.\w+"):
        store.verify("toy", project)
    assert state(folder) == before


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("force", [False, True])
def test_fetch_mends_a_damaged_folder_or_leaves_it_as_it_is(
    folder: Path, project: Project, damage: str, force: bool
) -> None:
    whole = content(folder)
    DAMAGES[damage](folder)
    before = state(folder)
    try:
        store.fetch("toy", project, force=force)
    except UserError as error:
        assert "/data/toy/" in str(error)
        assert state(folder) == before
    else:
        assert content(folder) == whole
        assert force or damage in ("missing", "a folder")
    assert leftovers(project) == []


MANIFESTS = [
    "",
    "{",
    "[]",
    "5",
    "null",
    "{}",
    '{"files": 3}',
    '{"files": {"../x": {"bytes": 1}}}',
    "\x00",
    '"a"',
]


@pytest.mark.parametrize("text", MANIFESTS)
def test_a_manifest_that_is_not_ours(folder: Path, project: Project, text: str) -> None:
    (folder / manifest.NAME).write_text(text)
    with pytest.raises(
        UserError, match=r"MANIFEST\.json is damaged \(.+\); `inforeg data fetch --force toy`"
    ):
        store.verify("toy", project)
    # Pinned as it is, it is as damaged.
    (project.root / "data.dvc").write_text(
        f"outs:\n- md5: {store.directory_hash(folder)}\n  path: data/toy\n"
    )
    with pytest.raises(UserError, match=r"MANIFEST\.json is damaged"):
        store.verify("toy", project)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (key, value)
        for key, field in manifest.Manifest.model_fields.items()
        for value in (None, 5, *(["absent"] if field.is_required() else []))
    ],
)
def test_a_manifest_with_a_key_missing_or_wrong(folder: Path, key: str, value: object) -> None:
    described = manifest.read(folder).model_dump(mode="json")
    if value == "absent":
        del described[key]
    else:
        described[key] = value
    manifest.write_json(folder / manifest.NAME, described)
    with pytest.raises(UserError, match=rf"MANIFEST\.json is damaged \({key}"):
        manifest.read(folder)


@pytest.mark.parametrize("name", ["../toy/target.npy", "/etc/hostname", "", ".", "../../data.dvc"])
def test_a_manifest_that_names_files_elsewhere(folder: Path, name: str) -> None:
    described = manifest.read(folder).model_dump(mode="json")
    described["files"][name] = described["files"]["target.npy"]
    manifest.write_json(folder / manifest.NAME, described)
    with pytest.raises(UserError, match=r"MANIFEST\.json names .*, which is not inside|is missing"):
        manifest.check(folder)


def test_the_folder_of_another_data_set_is_not_taken(folder: Path, project: Project) -> None:
    text = (folder / manifest.NAME).read_text().replace('"benchmark": "toy"', '"benchmark": "boy"')
    (folder / manifest.NAME).write_text(text)
    (project.root / "data.dvc").write_text(
        f"outs:\n- md5: {store.directory_hash(folder)}\n  path: data/toy\n"
    )
    with pytest.raises(UserError, match=r"MANIFEST\.json is of the data set 'boy'; pin 'toy' in data\.dvc"):
        store.verify("toy", project)


@pytest.mark.parametrize("kind", ["file", "link to nothing", "pipe"])
def test_something_else_in_the_folders_place(folder: Path, project: Project, kind: str) -> None:
    shutil.rmtree(folder)
    {"file": Path.touch, "link to nothing": lambda path: path.symlink_to("nowhere"), "pipe": os.mkfifo}[kind](
        folder
    )
    with pytest.raises(UserError, match=r"data/toy is no folder; move it elsewhere"):
        store.verify("toy", project)
    for force in (False, True):
        with pytest.raises(UserError, match=r"data/toy is no folder of its own; move it elsewhere"):
            store.fetch("toy", project, force=force)
    assert os.path.lexists(folder)


def test_data_on_another_disk_are_used(folder: Path, project: Project, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (project.root / "data").rename(disk)
    (project.root / "data").symlink_to(disk)
    assert store.verify("toy", project) == folder
    (disk / "toy/target.npy").write_bytes(b"")
    store.fetch("toy", project, force=True)
    store.verify("toy", project)
    assert {path.name for path in disk.iterdir()} == {"toy", ".lock"}


def test_a_folder_that_is_a_link_is_read_but_not_replaced(
    folder: Path, project: Project, tmp_path: Path
) -> None:
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    store.verify("toy", project)
    assert store.fetch("toy", project) == folder
    (tmp_path / "elsewhere/target.npy").write_bytes(b"")
    with pytest.raises(UserError, match=r"toy is no folder of its own"):
        store.fetch("toy", project, force=True)
    assert (tmp_path / "elsewhere/target.npy").exists()


def test_clutter_is_no_data_for_us_as_for_dvc(project: Project) -> None:
    root = Path(__file__).parents[3]
    listed = [line for line in (root / ".dvcignore").read_text().splitlines() if not line.startswith("#")]
    assert tuple(listed) == manifest.CLUTTER
    folder = store.fetch("toy", project)
    shutil.copy(root / ".dvcignore", project.root)
    names = (".DS_Store", "._target.npy", ".#target.npy", ".target.npy.swp", "Thumbs.db", "desktop.ini")
    for name in names:
        (folder / name).write_text("clutter")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints/mine.ipynb").write_text("mine")
    store.verify("toy", project)
    assert dvc(project.root, "status", "--json").strip() == "{}"
    (folder / "target.npy").chmod(0o644)
    (folder / "target.npy").write_bytes(b"")
    store.fetch("toy", project, force=True)
    store.verify("toy", project)
    assert {*names, ".ipynb_checkpoints"} <= {path.name for path in folder.iterdir()}
    assert (folder / ".ipynb_checkpoints/mine.ipynb").read_text() == "mine"


def test_data_prepared_anew_may_be_pinned(
    project: Project, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.fetch("toy", project)
    shutil.rmtree(folder)
    toy.write_text("1001011010")
    benchmark = DATASETS.get("toy")
    other = replace(benchmark.sources["digits"], sha256=sha256(toy))
    monkeypatch.setattr(benchmark, "sources", {"digits": other})
    store.prepare(DATASETS.build("toy", {}), folder)
    both = (
        r"`inforeg data fetch --force toy` restores the pinned version, `inforeg data add toy` pins this one"
    )
    with pytest.raises(UserError, match=rf"MANIFEST\.json is of another version than data\.dvc pins; {both}"):
        store.verify("toy", project)
    dvc(project.root, "add", "--quiet", "data/toy")
    store.verify("toy", project)


def test_what_stands_beside_and_is_not_ours_stays(toy: Path, tmp_path: Path) -> None:
    kept = [
        tmp_path / name for name in (".foo.part", ".foo.1.part", ".foobar.1.inforeg.part", "foo.inforeg.part")
    ]
    for path in kept:
        full(path)
    ours = tmp_path / f".foo.{2**22 + 1}.inforeg.part"
    full(ours)
    running = tmp_path / f".foo.{os.getppid()}.inforeg.part"
    full(running)
    store.prepare(DATASETS.build("toy", {}), tmp_path / "foo")
    assert all((path / "mine.txt").exists() for path in (*kept, running))
    assert not ours.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_clears_what_was_being_made(
    project: Project, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    from inforeg.__main__ import main

    before = signal.signal(number, signal.SIG_DFL)  # nohup has one of them ignored
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    monkeypatch.setattr(manifest, "write", lambda *_: signal.raise_signal(number))
    with pytest.raises(SystemExit) as ended:
        main(["data", "fetch", "toy"])
    assert ended.value.code == 128 + number
    assert not (project.root / "data/toy").exists()
    assert leftovers(project) == []
    assert signal.signal(number, before) is signal.SIG_DFL
