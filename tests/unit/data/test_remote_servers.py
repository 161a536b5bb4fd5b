"""Data and finished runs through real servers on loopback, and what is said where one of them fails."""

import gc
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from dvc.cli import main as dvc

from inforeg.__main__ import main
from inforeg.suite.folders import dvc_cache
from inforeg.suite.project import Project
from inforeg.suite.remotes.remote import complaint
from tests import servers
from tests.servers import Config, configure
from tests.unit.data.test_store import MakeProject, content

BENCHMARK = {
    "title": "Toy",
    "data": {"name": "toy"},
    "encoders": {m: {"kind": "mlp", "hidden": [4], "features": 2} for m in ("left", "right")},
    "training": {"epochs": 1, "lr": 0.05, "batch_size": 4},
}
EXPERIMENT = {
    "title": "A table",
    "benchmarks": ["toy"],
    "seeds": 2,
    "reference": "joint",
    "rows": [{"label": "Joint", "method": "joint"}, {"label": "OGM", "method": "ogm"}],
    "claims": [{"id": "wins", "statement": "OGM wins", "better": "ogm", "worse": "joint", "source": "-"}],
}
FETCH = ("data", "fetch", "toy")
TRAIN = ("train", "--benchmark", "toy", "--method", "joint", "--seeds", "0-1")
PULL = ("runs", "pull")


pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""DVC leaves the clients of its file systems open."""


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Nothing of that is left for the tests of others to find."""
    yield
    gc.collect()


@pytest.fixture
def begun(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Makes a project that pins and trains on given data, and goes into it."""

    def begin(name: str, hashes: Mapping[str, str]) -> Project:
        project = make_project(name, hashes)
        config = {"experiments": ["main"], "quick": "main"}
        parts = {"benchmarks/toy": BENCHMARK, "experiments/main": EXPERIMENT, "config": config}
        for part, text in parts.items():
            path = project.root / f"workflow/config/{part}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(yaml.safe_dump(text))
        monkeypatch.chdir(project.root)
        return project

    return begin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a server serves, or keeps its own files in."""
    path = tmp_path / "server"
    path.mkdir()
    return path


@pytest.fixture(params=["http", "s3", "ssh"])
def remotes(
    request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Config, Config]]:
    """A remote as it is pushed to, and as it is fetched from: over HTTP one only reads."""
    with getattr(servers, request.param)(folder, monkeypatch) as made:
        yield {"url": str(folder)} if request.param == "http" else made, made


def test_data_and_runs_reach_a_new_clone(
    *,
    remotes: tuple[Config, Config],
    project: Project,
    toy: Path,
    cache: Path,
    begun: Callable[..., Project],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = begun("first", project.data_hashes())
    for command in (FETCH, TRAIN):
        assert main(command) == 0
    configure(first.root, remotes[0])
    assert dvc(["push", "--quiet"]) == 0
    for _ in range(2):
        assert main(["runs", "push"]) == 0
    assert capsys.readouterr().out.endswith("runs: 2 pushed\nruns: 2 there already\n")
    toy.unlink()
    shutil.rmtree(cache)
    clone = begun("clone", project.data_hashes())
    configure(clone.root, remotes[1])
    for command in (FETCH, PULL, TRAIN):
        assert main(command) == 0
    assert "runs: 2 not in the remote, 2 pulled" in capsys.readouterr().out
    assert not [record for record in caplog.records if record.name.startswith("inforeg")]
    for made in ("data/toy", "results/runs/toy/joint/default/seed=1"):
        assert content(clone.root / made) == content(first.root / made)


@contextmanager
def failing(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """A remote that is down, asks for credentials, or whose bucket is not there."""
    protocol, fault = case.split()
    if case == "http asks":
        with servers.http(folder, monkeypatch, servers.Refusing) as made:
            yield made
        return
    with getattr(servers, protocol)(folder, monkeypatch) as made:
        if case == "s3 asks":
            yield {key: value for key, value in made.items() if not key.endswith(("_id", "_key"))}
        elif case == "s3 lacks":
            yield {**made, "url": "s3://elsewhere/inforeg"}
        elif case == "ssh asks":
            yield {**made, "keyfile": str(folder / "stranger")}
    if fault == "down":
        yield made


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("http down", "it cannot be reached ("),
        ("http asks", "it asks for credentials, which `dvc remote modify --local` gives it ("),
        ("s3 asks", "it asks for credentials, which `dvc remote modify --local` gives it ("),
        ("s3 lacks", "it is not there ("),
        ("ssh down", "it cannot be reached ("),
        ("ssh asks", "it asks for credentials, which `dvc remote modify --local` gives it ("),
    ],
)
def test_a_remote_that_fails_says_why(
    *,
    case: str,
    said: str,
    project: Project,
    folder: Path,
    begun: Callable[..., Project],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = begun("clone", project.data_hashes()).root
    with failing(case, folder, monkeypatch) as remote:
        configure(root, remote)
        with pytest.raises(Exception) as raised:
            dvc_cache.fetch(root, project.data_hashes()["toy"])
        assert complaint(raised.value).startswith(said)
        capsys.readouterr()
        assert main(PULL) == 2
    sentence = capsys.readouterr().err
    assert ("DVC's remote lab holds no runs" if case == "s3 lacks" else f"lab fails: {said}") in sentence
    assert len(sentence.splitlines()) == 1
    assert not (root / "results/runs").exists()


def test_data_that_neither_the_remote_nor_a_source_gives(
    *,
    project: Project,
    toy: Path,
    begun: Callable[..., Project],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    root = begun("clone", project.data_hashes()).root
    with failing("http down", folder, monkeypatch) as remote:
        configure(root, remote)
    toy.unlink()
    shutil.rmtree(toy.parent / "cache")
    assert main(FETCH) == 2
    assert "DVC's remote lab does not give data/toy (it cannot be reached (" in caplog.text
    assert caplog.text.rstrip().endswith(": rebuilding it.")
    assert toy.name in capsys.readouterr().err
    assert not (root / "data/toy").exists()
