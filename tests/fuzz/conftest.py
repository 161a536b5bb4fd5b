"""A finished small project on stored data, copies of it to be damaged, and what a command may answer.

INFOREG_FUZZ multiplies the number of cases: the default is what every run of the tests tries.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from pydantic.dataclasses import dataclass

from inforeg.__main__ import main
from inforeg.data import arrays, splits
from inforeg.data.base import Data, Dataset
from inforeg.data.sources import Source
from inforeg.registry import DATASETS, OPTIONS
from inforeg.suite.folders.store import directory_hash, prepare
from tests.unit.conftest import fingerprint, write

TIMES = int(os.environ.get("INFOREG_FUZZ", "1"))

BENCHMARK = {
    "title": "Dots",
    "data": {"name": "dots"},
    "encoders": {m: {"kind": "mlp", "hidden": [6], "features": 4} for m in ("first", "second")},
    "training": {"epochs": 2, "lr": 0.05, "batch_size": 16},
}
EXPERIMENT = {
    "title": "A table",
    "benchmarks": ["dots"],
    "seeds": 2,
    "reference": "joint",
    "beside": ["accuracy/*"],
    "figures": ["curves"],
    "rows": [
        {"label": "Joint training", "method": "joint"},
        {"label": "InfoReg*", "method": "inforeg", "variant": "star", "set": {"unimodal_weight": 1.0}},
    ],
    "claims": [
        {
            "id": "wins",
            "statement": "InfoReg* wins",
            "better": "inforeg/star",
            "worse": "joint",
            "source": "-",
        }
    ],
    "printed": {"CREMA-D": {"joint": [66.61, None], "inforeg/star": [75.71, 61.63]}},
}
TUNING = {
    "title": "Trials",
    "benchmarks": ["dots"],
    "trials": 2,
    "first_seed": 100,
    "seeds": 1,
    "common": {"training.lr": {"low": 0.01, "high": 0.1, "log": True}},
    "rows": [{"label": "InfoReg", "method": "inforeg", "space": {"beta": [0.1, 0.5]}}],
}
TRAIN = {
    "joint/default": ["train", "--benchmark", "dots", "--method", "joint"],
    "inforeg/star": [
        *("train", "--benchmark", "dots", "--method", "inforeg"),
        *("--variant", "star", "--set", "unimodal_weight=1.0"),
    ],
}

EXAMINE = ["examine", "--probe", "linear"]


@dataclass(frozen=True, config=OPTIONS)
class Dots(Dataset):
    """Two noisy views of four classes, stored as arrays."""

    name: ClassVar[str] = "dots"
    title: ClassVar[str] = "Dots"
    modalities: ClassVar[tuple[str, ...]] = ("first", "second")
    classes: ClassVar[tuple[str, ...]] = ("a", "b", "c", "d")
    sources: ClassVar[Mapping[str, Source]] = {}
    licence: ClassVar[str] = "none"
    citation: ClassVar[str] = "none"

    def prepare(self, sources: Mapping[str, Path], folder: Path) -> None:
        draws = np.random.default_rng(0)
        target = np.arange(120) % 4
        hot = np.eye(4)[target]
        views = {m: (hot + draws.normal(size=hot.shape)).astype("<f4") for m in self.modalities}
        arrays.write(folder, target=target, **views)
        splits.write(folder, "plain", splits.stratified(target, self.name))

    def load(self, folder: Path) -> Data:
        inputs = {m: arrays.read(folder, m) for m in self.modalities}
        target = arrays.read(folder, "target")
        return arrays.assembled(self.classes, inputs, target, splits.read(folder, "plain"))


@pytest.fixture(autouse=True)
def _dots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS.classes, "dots", Dots)
    for variable in ("INFOREG_ROOT", "INFOREG_SELECT"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose runs, frames, tables and claims are there; not to be changed."""
    root = tmp_path_factory.mktemp("fuzz") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS.classes, "dots", Dots)
        for name, content in (
            ("benchmarks/dots", BENCHMARK),
            ("experiments/main", EXPERIMENT),
            ("config", {"experiments": ["main"], "quick": "main", "targets": {"more": ["main"]}}),
            ("tuning", TUNING),
        ):
            write(root / f"workflow/config/{name}.yaml", content)
        prepare(DATASETS.build("dots", {}), root / "data/dots")
        pin(root)
        patch.chdir(root)
        for command in TRAIN.values():
            cell = command[command.index("--method") + 1], "star" if "--variant" in command else "default"
            place = f"results/runs/dots/{'/'.join(cell)}"
            assert main([*command, "--seeds", "0-1", "--report", f"{place}/seeds=0-1.json"]) == 0
            examined = ["--seeds", "0-1", "--report", f"{place}/probe=linear.seeds=0-1.json"]
            assert main([*EXAMINE, *command[1:], *examined]) == 0
        assert main(["check", "--write-schemas"]) == 0
        for command in ("collect", "statistics", "table", "merge", "claims"):
            assert main([command, "main"]) == 0
        yield root


def pin(root: Path) -> None:
    """Let data.dvc say that the folder is as it is."""
    entry = {"path": "data/dots", "md5": directory_hash(root / "data/dots"), "hash": "md5"}
    write(root / "data.dvc", {"outs": [entry]})


@pytest.fixture
def copied(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A fresh copy of the finished project; it is the working directory."""

    def _copied(name: str) -> Path:
        root = tmp_path / name
        shutil.copytree(made, root, symlinks=True)
        monkeypatch.chdir(root)
        return root

    return _copied


class Answer(NamedTuple):
    """What a command says and leaves behind."""

    status: int
    said: str
    results: str


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in the working directory: status 0, or 2 with one sentence; anything else fails."""

    def _ask(*arguments: str) -> Answer:
        capfd.readouterr()
        status = main(arguments)
        said = capfd.readouterr().err
        sentences = [line for line in said.splitlines() if line.strip()]
        assert status in (0, 2), said
        assert all(line.startswith("inforeg: ") for line in sentences), said
        assert "Traceback" not in said
        assert (status == 2) == (len(sentences) == 1 and status != 0), said
        return Answer(status, said, fingerprint(Path("results")) if Path("results").is_dir() else "")

    return _ask


def damaged(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """`content` cut, flipped, doubled, swapped for another file's or otherwise not what was written."""
    place = chance.randrange(len(content) + 1)
    ways: list[Callable[[], bytes]] = [
        lambda: content[:place],
        lambda: b"",
        lambda: content[:place] + bytes([chance.randrange(256)]) + content[place:],
        lambda: content[:place] + content[place + chance.randrange(1, 9) :],
        lambda: bytes(b ^ (1 << chance.randrange(8)) if i == place else b for i, b in enumerate(content)),
        lambda: chance.choice(others),
        lambda: chance.choice([b"[]", b"5", b"null", b"{}", b'"a"', b"\0" * 64, b"NaN", b"<<<<<<< ours\n"]),
        lambda: b"".join(
            line for line in content.splitlines(True) for _ in range(1 + (chance.random() < 0.3))
        ),
        lambda: b"".join(line for line in content.splitlines(True) if chance.random() < 0.7),
        lambda: _with_another_digit(content, chance),
    ]
    return chance.choice(ways)()


def _with_another_digit(content: bytes, chance: random.Random) -> bytes:
    places = [i for i, byte in enumerate(content) if 0x30 <= byte <= 0x39]
    if not places:
        return content[::-1]
    chosen = chance.choice(places)
    return content[:chosen] + str((content[chosen] - 0x30 + 1) % 10).encode() + content[chosen + 1 :]
