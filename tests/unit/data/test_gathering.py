"""Data sets of the user's own files: made once, gone on with after an interruption, pinned where they are."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from filelock import FileLock

from inforeg.cli import data
from inforeg.data import arrays, splits
from inforeg.data.base import Data
from inforeg.data.gathered import Gathered, Material
from inforeg.data.sources import Download, Source
from inforeg.errors import UserError
from inforeg.files import write_json
from inforeg.registry import DATASETS
from inforeg.suite.folders import gathering, manifest, store
from inforeg.suite.project import Project
from tests.servers import configure
from tests.unit.data.test_data_cli import call


@dataclass(frozen=True)
class Notes(Gathered):
    """A sample for each raw text file, which holds its class."""

    name: ClassVar[str] = "notes"
    title: ClassVar[str] = "Notes"
    modalities: ClassVar[tuple[str, ...]] = ("left",)
    classes: ClassVar[tuple[str, ...]] = ("no", "yes")
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "none"
    citation: ClassVar[str] = "none"
    how: ClassVar[str] = "write them yourself"
    layout: ClassVar[str] = "a text file a sample"

    read: ClassVar[list[str]] = []
    material: ClassVar[list[Material]] = []

    def gather(self, material: Material, sources: Mapping[str, Path], folder: Path) -> Mapping[str, Any]:
        self.material.append(material)
        notes = folder.parent / "notes"
        done = notes.read_text() if notes.exists() else ""
        files = sorted(material.raw.glob("*.txt"))
        for file in files[len(done) :]:
            self.read.append(file.stem)
            done += file.read_text()
            notes.write_text(done)
            if file.stem == "fatal":
                raise UserError(f"{file} is fatal; mend it.")
        arrays.write(folder, target=np.array([int(digit) for digit in done]))
        splits.write(folder, "plain", splits.divide([range(len(done))]))
        return {"files": len(files)}

    def download(self, confirm: Callable[[str], None]) -> Path:
        confirm("It is 1 kB.")
        return Path(self.how)

    def load(self, folder: Path) -> Data:
        target = arrays.read(folder, "target")
        inputs = {"left": np.arange(len(target), dtype=np.float32)[:, None]}
        return arrays.assembled(self.classes, inputs, target, splits.read(folder, "plain"))


@pytest.fixture
def raw(tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the registered data set `notes`, in the project of the environment."""
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    monkeypatch.setitem(DATASETS.classes, "notes", Notes)
    monkeypatch.setattr(Notes, "read", [])
    monkeypatch.setattr(Notes, "material", [])
    folder = tmp_path / "raw"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.txt").write_text(str(number % 2))
    return folder


def test_a_folder_is_made_counted_and_pinned(project: Project, raw: Path, capsys) -> None:
    call("prepare", "notes", "--raw", str(raw), "--allow", "a", "--allow", "b", "--min-share", "0.5")
    assert Notes.material == [Material(raw, frozenset("ab"), 0.5, own_lists=False)]
    folder = project.root / "data/notes"
    assert project.data_hashes()["notes"] in (said := capsys.readouterr().out)
    assert "plain train: 6 samples (no 3, yes 3)" in said
    assert manifest.read(folder).gathered == {"files": 10}
    assert store.verify("notes", project) == store.fetch("notes", project) == folder
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == ["notes"]


def test_a_folder_elsewhere_is_not_pinned(project: Project, raw: Path, tmp_path: Path) -> None:
    call("prepare", "notes", "--raw", str(raw), "--output", str(tmp_path / "elsewhere"))
    assert "notes" not in project.pins()
    assert manifest.read(tmp_path / "elsewhere").benchmark == "notes"


def test_what_was_done_before_an_error_is_not_done_again(project: Project, raw: Path) -> None:
    (raw / "fatal.txt").write_text("0")
    (raw / "later.txt").write_text("1")
    with pytest.raises(UserError, match=r"fatal\.txt is fatal"):
        call("prepare", "notes", "--raw", str(raw))
    assert not (project.root / "data/notes").exists()
    Notes.read.clear()
    call("prepare", "notes", "--raw", str(raw))
    assert Notes.read == ["later"]
    assert manifest.read(project.root / "data/notes").gathered == {"files": 12}


def test_two_at_once(project: Project, raw: Path) -> None:
    (project.root / "data").mkdir()
    with FileLock(project.root / "data/.notes.lock"), pytest.raises(UserError, match="Another process makes"):
        call("prepare", "notes", "--raw", str(raw))
    call("prepare", "notes", "--raw", str(raw))


def test_a_stopped_preparation_lets_go(project: Project, raw: Path) -> None:
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from inforeg.data.gathered import Material\n"
        "from inforeg.suite.folders import gathering\n"
        "from tests.unit.data.test_gathering import Notes\n"
        "Notes.gather = lambda *given: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"gathering.gather(Notes(), Material(Path({str(raw)!r})), Path({str(project.root / 'data/notes')!r}))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    call("prepare", "notes", "--raw", str(raw))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            [],
            "Notes does not come by itself; write them yourself, .* It is one of --raw and --download",
        ),
        (["--raw", "RAW", "--download"], "It is one of --raw and --download"),
        (["--raw", "absent"], "absent is not there; give --raw the folder with a text file a sample"),
        (["--raw", "RAW", "--min-share", "2"], "--min-share '2' is no share; give a number from 0 to 1"),
        (["--raw", "RAW", "--min-share", "most"], "--min-share 'most' is no share"),
        (["--download"], "add --yes"),
    ],
)
def test_what_is_missing_is_said(project: Project, raw: Path, words: list[str], sentence: str) -> None:
    given = [str(raw) if word == "RAW" else word for word in words]
    with pytest.raises(UserError, match=sentence):
        call("prepare", "notes", *given)
    assert not (project.root / "data/notes").exists()


def test_a_folder_that_is_there_is_kept(project: Project, raw: Path) -> None:
    call("prepare", "notes", "--raw", str(raw))
    Notes.read.clear()
    with pytest.raises(UserError, match=r"is there already; remove it, to make it anew\."):
        call("prepare", "notes", "--raw", str(raw))
    (project.root / "data.dvc").unlink()
    with pytest.raises(UserError, match="is there already; remove it, or pin it by `inforeg data add notes`"):
        call("prepare", "notes", "--raw", str(raw))
    assert Notes.read == []


def test_what_could_not_be_trained_on_is_made_again(project: Project, raw: Path, monkeypatch) -> None:
    """Its manifest is there already when the mended data set describes the folder."""
    with monkeypatch.context() as patch, pytest.raises(UserError, match="lacks the modality 'right'"):
        patch.setattr(Notes, "modalities", ("left", "right"))
        call("prepare", "notes", "--raw", str(raw))
    call("prepare", "notes", "--raw", str(raw))
    assert store.verify("notes", project)


def test_what_another_source_left_is_not_pinned(project: Project, raw: Path, monkeypatch, capsys) -> None:
    """`fatal` is refused as often as the source is new, for what was done before is then done again."""
    (raw / "fatal.txt").write_text("0")
    for source in ("one", "another"):
        monkeypatch.setattr(gathering, "digest", lambda module, source=source: source)
        with pytest.raises(UserError, match=r"fatal\.txt is fatal"):
            call("prepare", "notes", "--raw", str(raw))
    assert "test_gathering has changed since" in capsys.readouterr().err
    call("prepare", "notes", "--raw", str(raw))


def test_a_split_without_a_class_is_told(project: Project, raw: Path, monkeypatch, capsys) -> None:
    def divide(groups):
        return {"train": np.arange(6), "val": np.arange(6, 8), "test": np.array([8])}

    monkeypatch.setattr(splits, "divide", divide)
    monkeypatch.setattr("inforeg.data.checks.loaded", lambda *given, **options: None)
    call("prepare", "notes", "--raw", str(raw))
    assert "plain test has no sample of the class 'yes'" in capsys.readouterr().err


def test_a_damaged_folder_says_how_it_is_made_again(project: Project, raw: Path) -> None:
    call("prepare", "notes", "--raw", str(raw))
    (project.root / "data/notes/target.npy").write_bytes(b"")
    with pytest.raises(UserError, match=r"changed; .* else remove it, and make it by .* notes --raw DIR`"):
        store.verify("notes", project)


def test_files_that_cannot_be_read_are_named_or_left_out(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.txt" for name in ("good", "empty", "bad")}
    for path, text in zip(files.values(), ("1", "", "?"), strict=True):
        path.write_text(text)

    def read(path: Path) -> int:
        if not (text := path.read_text()):
            raise EOFError
        return int(text)

    with pytest.raises(UserError, match=r"empty\.txt cannot be read \(EOFError\); .* by --allow empty\."):
        Material(tmp_path).readable(files, read)
    with pytest.raises(UserError, match=r"bad\.txt cannot be read \(ValueError: invalid literal"):
        Material(tmp_path, frozenset(["empty"])).readable(files, read)
    assert Material(tmp_path, frozenset(["empty", "bad"])).readable(files, read) == {"good": 1}


def test_a_download_is_prepared(project: Project, raw: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(Notes, "how", str(raw))
    call("prepare", "notes", "--download", "--yes")
    assert "It is 1 kB." in capsys.readouterr().err
    assert (project.root / "data/notes").is_dir()


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "goes_on"), [("y\n", True), ("Yes \n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_a_person_is_asked(answer: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    if goes_on:
        data.confirmed("It is 1 kB.", yes=False)
    else:
        with pytest.raises(UserError, match="Nothing was fetched"):
            data.confirmed("It is 1 kB.", yes=False)


def test_a_closed_input_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UserError, match="add --yes to the command"):
        data.confirmed("It is 1 kB.", yes=False)


def test_others_folders_cannot_be_rebuilt(project: Project, raw: Path) -> None:
    with pytest.raises(UserError, match="Notes does not come by itself; write them yourself"):
        store.fetch("notes", project)
    pins = (project.root / "data.dvc").read_text()
    (project.root / "data.dvc").write_text(pins + f"- md5: {'0' * 32}.dir\n  hash: md5\n  path: data/notes\n")
    with pytest.raises(UserError, match=r"data/notes is in no cache or remote of DVC .*: Notes does"):
        store.fetch("notes", Project(project.root))
    configure(project.root, {"url": str(project.root / "remote")})
    failure = r"^DVC's remote lab does not give data/notes \(it is not there .*\), and nothing else has it: "
    with pytest.raises(UserError, match=f"{failure}Notes does not come by itself"):
        store.fetch("notes", Project(project.root))


def test_pinned_sources_take_no_files(project: Project, raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'toy' is made of pinned sources; leave out --raw"):
        call("prepare", "toy", "--raw", str(raw), "--output", str(tmp_path / "anew"))


def test_missing_samples_are_known(project: Project, raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "workflow/config/benchmarks/notes.yaml").write_text(
        "{title: T, data: {name: notes}, encoders: {left: {kind: mlp}}, training: {epochs: 1, lr: 0.1}}"
    )
    assert "not known where the runs were collected" in gathering.gaps(project, ["notes"])["notes"]
    call("prepare", "notes", "--raw", str(raw))
    assert gathering.gaps(project, ["notes"]) == {}
    path = project.root / "data/notes/MANIFEST.json"
    facts = {"listed": 13, "missing": ["a", "b"], "left_out": {"c": "is cut"}}
    write_json(path, {**json.loads(path.read_text()), "gathered": facts})
    sentence = "of the 13 samples listed, 2 are missing and 1 cannot be read"
    assert gathering.gaps(project, ["notes"]) == {"notes": f"{sentence}."}
    del facts["missing"]
    lacking = {"clips": 10, "lacking": {"left": 3, "right": 0}}
    write_json(path, {**json.loads(path.read_text()), "gathered": {**facts, **lacking}})
    apart = "3 samples have no left, and count for its own accuracy at chance"
    assert gathering.gaps(project, ["notes"]) == {"notes": f"{sentence}; {apart}."}


def test_own_lists_need_no_pinned_ones(
    project: Project, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = Download(url=(tmp_path / "absent").as_uri(), sha256="0" * 64)
    monkeypatch.setattr(Notes, "sources", {"list": absent})
    with pytest.raises(UserError, match="absent cannot be fetched"):
        call("prepare", "notes", "--raw", str(raw))
    call("prepare", "notes", "--raw", str(raw), "--own-lists")
    assert manifest.read(project.root / "data/notes").sources == {}
