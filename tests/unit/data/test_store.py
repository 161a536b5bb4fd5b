"""data/ is as data.dvc pins it, or there is an error and nothing is lost."""

import functools
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from inforeg.errors import UserError
from inforeg.files import PART
from inforeg.registry import DATASETS
from inforeg.suite.folders import places, store
from inforeg.suite.project import Project
from tests.unit.data.conftest import EMBEDDED

MakeProject = Callable[[str, Mapping[str, str]], Project]


def dvc(root: Path, *arguments: str) -> str:
    """What DVC itself says in `root`."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def leftovers(project: Project) -> list[str]:
    return [path.name for path in (project.root / "data").iterdir() if path.name not in ("toy", ".lock")]


def test_hash_is_the_one_dvc_computes(make_project: MakeProject) -> None:
    root = make_project("project", {"boxes": "0" * 32 + ".dir"}).root
    for name in ("b.npy", "a.npy", "a/z.txt", "B.txt", "ä.txt"):
        (root / "data/boxes" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "data/boxes" / name).write_text(name)
    dvc(root, "add", "--quiet", "data/boxes")
    assert store.directory_hash(root / "data/boxes") == Project(root).data_hashes()["boxes"]


def test_folder_is_rebuilt_and_known_to_dvc(project: Project) -> None:
    before = (project.root / "data.dvc").read_bytes()
    folder = store.fetch("toy", project)
    assert store.verify("toy", project) == folder == project.root / "data/toy"
    assert yaml.safe_load(dvc(project.root, "status", "--json")) == {}
    assert (project.root / "data.dvc").read_bytes() == before
    assert leftovers(project) == []


def test_folder_that_is_there_needs_neither_sources_nor_write_access(project: Project, toy: Path) -> None:
    folder = store.fetch("toy", project)
    toy.unlink()
    (project.root / "data/.lock").unlink()
    assert store.fetch("toy", project) == folder
    assert not (project.root / "data/.lock").exists()


def test_pushed_data_reach_a_new_clone_without_a_rebuild(
    project: Project, toy: Path, cache: Path, tmp_path: Path, make_project: MakeProject
) -> None:
    made = store.fetch("toy", project)
    dvc(project.root, "remote", "add", "--quiet", "--default", "lab", str(tmp_path / "remote"))
    dvc(project.root, "push", "--quiet")
    toy.unlink()
    shutil.rmtree(cache)
    clone = make_project("clone", project.data_hashes())
    shutil.copy(project.root / ".dvc/config", clone.root / ".dvc/config")
    assert content(store.fetch("toy", clone)) == content(made)
    assert yaml.safe_load(dvc(clone.root, "status", "--json")) == {}


def test_damaged_cache_of_dvc_is_not_believed(project: Project) -> None:
    whole = content(store.fetch("toy", project))
    cached = next(
        path
        for path in (project.root / ".dvc/cache").rglob("*")
        if path.is_file() and path.read_bytes() == whole["target.npy"]
    )
    cached.chmod(0o644)
    cached.write_bytes(whole["target.npy"][:-1] + b"\x07")
    cached.chmod(0o444)  # DVC trusts a cached file that cannot be written
    shutil.rmtree(project.root / "data/toy")
    assert content(store.fetch("toy", project)) == whole


def test_remote_without_the_data_is_named_before_the_rebuild(
    project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dvc(project.root, "remote", "add", "--quiet", "--default", "lab", str(tmp_path / "remote"))
    store.fetch("toy", project)
    assert "remote lab does not give data/toy" in caplog.text
    store.verify("toy", project)


def test_project_without_dvc_is_served_as_well(project: Project) -> None:
    shutil.rmtree(project.root / ".dvc")
    store.fetch("toy", project)
    store.verify("toy", project)


def test_project_whose_git_is_gone_is_served_as_well(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    (project.root / ".dvc/config").write_text("")
    store.fetch("toy", project)
    store.verify("toy", project)
    assert "training needs no DVC" in caplog.text


def test_changed_byte_is_an_error_until_forced(project: Project) -> None:
    folder = store.fetch("toy", project)
    whole = content(folder)
    damaged = whole["target.npy"][:-1] + b"\x07"
    (folder / "target.npy").unlink()
    (folder / "target.npy").write_bytes(damaged)
    with pytest.raises(UserError, match=r"target\.npy has been changed"):
        store.verify("toy", project)
    with pytest.raises(UserError, match=r"target\.npy differs .*`inforeg data fetch --force toy`"):
        store.fetch("toy", project)
    assert content(folder) == whole | {"target.npy": damaged}
    assert leftovers(project) == []
    store.fetch("toy", project, force=True)
    assert content(folder) == whole


def test_extra_file_is_not_lost(project: Project) -> None:
    folder = store.fetch("toy", project)
    (folder / "notes.txt").write_text("mine")
    for action in (store.verify, store.fetch, functools.partial(store.fetch, force=True)):
        with pytest.raises(UserError, match=r"notes\.txt does not belong to the data set; move it"):
            action("toy", project)
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["MANIFEST.json", "split_plain_val.npy"])
def test_missing_file_is_an_error_that_fetch_mends(project: Project, name: str) -> None:
    folder = store.fetch("toy", project)
    whole = content(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"{name} is missing"):
        store.verify("toy", project)
    store.fetch("toy", project)
    assert content(folder) == whole


def test_folder_of_another_version_is_an_error(project: Project, toy: Path) -> None:
    folder = store.fetch("toy", project)
    before = content(folder)
    text = (project.root / "data.dvc").read_text()
    (project.root / "data.dvc").write_text(text.replace(project.data_hashes()["toy"], "1" * 32 + ".dir"))
    with pytest.raises(UserError, match=r"MANIFEST\.json is of another version than data\.dvc pins"):
        store.verify("toy", project)
    with pytest.raises(UserError, match=r"data\.dvc pins 1+\.dir: it belongs to another version"):
        store.fetch("toy", project)
    assert content(folder) == before
    assert leftovers(project) == []


def test_missing_folder_says_how_to_get_it(project: Project) -> None:
    with pytest.raises(UserError, match="toy is not there; run `inforeg data fetch toy`"):
        store.verify("toy", project)


def test_data_set_without_an_entry_says_how_to_make_one(project: Project) -> None:
    (project.root / "data.dvc").write_text("outs: []\n")
    with pytest.raises(UserError, match=r"data\.dvc has no entry for data/toy; .*inforeg data add toy"):
        store.fetch("toy", project)


def test_interrupted_fetch_leaves_nothing_and_the_next_one_ends(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store.manifest, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.fetch("toy", project)
    assert not (project.root / "data/toy").exists()
    assert leftovers(project) == []
    store.fetch("toy", project)
    store.verify("toy", project)


def test_what_a_killed_fetch_left_is_cleared(project: Project) -> None:
    part = project.root / f"data/.toy.1234567890{PART}"
    part.mkdir(parents=True)
    (part / "half.npy").write_bytes(b"half")
    store.fetch("toy", project)
    store.verify("toy", project)
    assert leftovers(project) == []


def test_two_processes_fetch_at_once(tmp_path: Path, make_project: MakeProject) -> None:
    made = store.prepare(DATASETS.build("synthetic", {}), tmp_path / "made")
    project = make_project("project", {"synthetic": made})
    program = (
        "from pathlib import Path; from inforeg.suite.project import Project; "
        "from inforeg.suite.folders.store import fetch; "
        f"fetch('synthetic', Project(Path({str(project.root)!r})))"
    )
    racers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [racer.wait() for racer in racers] == [0, 0]
    store.verify("synthetic", project)


def test_prepare_does_not_touch_what_is_there(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="mine is there already; name a folder that is not"):
        store.prepare(DATASETS.build("toy", {}), tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_data_set_whose_name_is_a_path_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DATASETS.get("toy"), "name", "../x")
    monkeypatch.setitem(DATASETS.classes, "../x", DATASETS.get("toy"))
    with pytest.raises(UserError, match=r"The class of a data set names '\.\./x', which is not directly in"):
        places.place("../x", project)


def test_names_of_data_sets_and_of_configured_benchmarks(project: Project) -> None:
    (project.root / "workflow/config/benchmarks/toy_hard.yaml").write_text(
        "{title: T, data: {name: toy}, encoders: {left: {kind: mlp}}, training: {epochs: 1, lr: 0.1}}"
    )
    assert places.place("toy", project) == "toy"
    assert places.place("toy_hard", project) == "toy"
    with pytest.raises(UserError, match="no benchmark 'wotch'; did you mean 'watch'"):
        places.place("wotch", project)


@pytest.mark.parametrize("name", EMBEDDED)
def test_rebuilt_folders_are_those_that_the_repository_pins(
    name: str, prepared: Callable[[str], Path]
) -> None:
    pinned = Project(Path(__file__).parents[3]).data_hashes()
    assert store.directory_hash(prepared(name)) == pinned[name]
