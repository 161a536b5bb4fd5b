"""Prepared folders of the real benchmarks, a wheel made here, and a small project to fetch into."""

import functools
import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.gathered import Gathered
from inforeg.data.sources import Distribution, Download, Source
from inforeg.registry import DATASETS
from inforeg.suite.folders import store
from inforeg.suite.project import Project
from tests import clips

EMBEDDED = [name for name, dataset in DATASETS.classes.items() if not issubclass(dataset, Gathered)]
"""Data sets that are rebuilt from pinned sources."""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A benchmark's folder, rebuilt from its pinned sources once a session."""
    root = tmp_path_factory.mktemp("prepared")

    @functools.cache
    def _prepared(name: str) -> Path:
        store.prepare(DATASETS.build(name, {}), root / name)
        return root / name

    return _prepared


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small collection of clips and its list."""
    return clips.write_raw(tmp_path_factory.mktemp("tones"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of sources."""
    monkeypatch.setenv("INFOREG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole package index; it holds the wheel of `boxes` 1.0."""
    folder = tmp_path / "index"
    folder.mkdir()
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    with zipfile.ZipFile(folder / "boxes-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("boxes/data/table.csv", "1,2\n")
        wheel.writestr("boxes-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: boxes\nVersion: 1.0\n")
        wheel.writestr(
            "boxes-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("boxes-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def boxes(index: Path, cache: Path) -> Distribution:
    """The wheel in `index`, pinned."""
    digest = hashlib.sha256((index / "boxes-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    return Distribution(package="boxes", version="1.0", sha256=digest, members=("boxes/data/table.csv",))


@dataclass(frozen=True)
class Toy(Dataset):
    """Ten samples of two classes from one file."""

    name: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy"
    modalities: ClassVar[tuple[str, ...]] = ("left", "right")
    classes: ClassVar[tuple[str, ...]] = ("no", "yes")
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "none"
    citation: ClassVar[str] = "none"

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        target = np.array([int(digit) for digit in sources["digits"].read_text()])
        arrays.write(folder, target=target)
        splits.write(folder, "plain", splits.divide([range(len(target))]))

    def load(self, folder: Path) -> Data:
        target = arrays.read(folder, "target")
        values = np.arange(2 * len(target), dtype=np.float32).reshape(-1, 2)
        inputs = {"left": values, "right": -values}
        return arrays.assembled(self.classes, inputs, target, splits.read(folder, "plain"))


@pytest.fixture
def toy(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source file of a registered benchmark `toy`."""
    file = tmp_path / "digits.txt"
    file.write_text("0110100101")
    digest = hashlib.sha256(b"0110100101").hexdigest()
    monkeypatch.setattr(Toy, "sources", {"digits": Download(url=file.as_uri(), sha256=digest)})
    monkeypatch.setitem(DATASETS.classes, "toy", Toy)
    return file


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[[str, Mapping[str, str]], Project]:
    """A new project under DVC, without git, whose data.dvc pins the given hashes."""

    def _make(folder: str, hashes: Mapping[str, str]) -> Project:
        root = tmp_path / folder
        (root / "workflow/config/benchmarks").mkdir(parents=True)
        (root / ".dvc").mkdir()
        (root / ".dvc/config").write_text("[core]\n    analytics = false\n    no_scm = true\n")
        outs = "".join(f"- md5: {md5}\n  hash: md5\n  path: data/{name}\n" for name, md5 in hashes.items())
        (root / "data.dvc").write_text(f"outs:\n{outs}")
        return Project(root)

    return _make


@pytest.fixture
def project(tmp_path: Path, toy: Path, make_project: Callable[..., Project]) -> Project:
    """A project that pins `toy`."""
    return make_project("project", {"toy": store.prepare(DATASETS.build("toy", {}), tmp_path / "made")})
