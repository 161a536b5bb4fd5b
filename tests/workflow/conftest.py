"""A small project in a folder of its own, run once; each test works on a copy of it."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from inforeg.suite.folders.store import directory_hash
from inforeg.suite.project import Project
from tests.workflow.held import HELD, results

ROOT = Path(__file__).parents[2]

DATA_SET = '''"""A second small data set."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.data.sets.synthetic import Synthetic
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class {title}(Synthetic):
    """Drawn like `synthetic`, from a stream of its own."""

    name: ClassVar[str] = "{name}"
'''


@dataclass(frozen=True)
class Tree:
    """A project folder and the commands a user would give in it."""

    path: Path
    python: str = sys.executable

    def environment(self) -> dict[str, str]:
        """Without this process's project and choice, and without its virtual environment on the PATH."""
        own = ("INFOREG_ROOT", "INFOREG_SELECT")
        kept = {key: value for key, value in os.environ.items() if key not in own}
        return {**kept, "PATH": os.defpath}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `snakemake` or `inforeg`."""
        return subprocess.Popen(
            [self.python, "-m", *arguments],
            cwd=self.path,
            env=self.environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def make(self, *targets: str) -> str:
        """Run `snakemake --cores 2` and return what it says."""
        answer = self.run("snakemake", "--cores", "2", *targets)
        assert answer.returncode == 0, answer.stderr
        return answer.stderr

    def pending(self) -> set[str]:
        """The outputs that `snakemake` would make now."""
        answer = self.run("snakemake", "--summary")
        assert answer.returncode == 0, answer.stderr
        rows = csv.DictReader(answer.stdout.splitlines(), delimiter="\t")
        return {row["output_file"] for row in rows if row["plan"] == "update pending"}

    def edit(self, name: str, before: str, after: str) -> None:
        path = self.path / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    def write(self, name: str, content: object) -> None:
        (self.path / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def copy(self, path: Path) -> "Tree":
        # copytree keeps the times of files, by which Snakemake judges what is new.
        return replace(self, path=Path(shutil.copytree(self.path, path)))

    def add_data_set(self, name: str) -> None:
        """One file, one YAML, and the entry in data.dvc that pins the folder."""
        source = self.path / f"inforeg/data/sets/{name}.py"
        source.write_text(DATA_SET.format(name=name, title=name.title()), encoding="utf-8")
        add_benchmark(self, name, name)
        folder = self.path / f"data/{name}"
        answer = self.run("inforeg", "data", "prepare", name, "--output", str(folder))
        assert answer.returncode == 0, answer.stderr
        self.pin(name, directory_hash(folder))
        shutil.rmtree(folder)

    def pin(self, name: str, md5: str) -> None:
        """Let data.dvc say that the folder of the data set has this hash."""
        pins = {**Project(self.path).data_hashes(), name: md5}
        outs = [{"md5": md5, "hash": "md5", "path": f"data/{name}"} for name, md5 in pins.items()]
        self.write("data.dvc", {"outs": outs})


def need_plugin(executor: str) -> None:
    """Skip what needs Snakemake's plug-in for this executor where that is not installed."""
    package = f"snakemake-executor-plugin-{executor}"
    pytest.importorskip(package.replace("-", "_"), reason=f"needs the package {package}")


def add_benchmark(tree: Tree, name: str, data: str) -> None:
    """The YAML of the benchmark `name` on the data set `data`."""
    encoder = {"kind": "mlp", "hidden": [8], "features": 4}
    config = {
        "title": name.title(),
        "data": {"name": data, "train": 64, "val": 32, "test": 32},
        "encoders": {"first": encoder, "second": encoder},
        "training": {"epochs": 4, "lr": 0.05, "batch_size": 16},
    }
    tree.write(f"workflow/config/benchmarks/{name}.yaml", config)


def add_held(tree: Tree, *benchmarks: str) -> None:
    """An experiment with a method whose training waits while it is told to."""
    (tree.path / "inforeg/methods/held.py").write_text(HELD, encoding="utf-8")
    tree.write("workflow/config/experiments/held.yaml", experiment([*benchmarks], ["held"]))
    machine = {"checkpoint_seconds": 0}  # or the run would be over before the first checkpoint
    tree.write("workflow/config/config.yaml", {"experiments": ["main"], "quick": "main", "machine": machine})


def assert_unbroken(tree: Tree, benchmark: str) -> None:
    """The runs of the method that waits have the bits that they have where nothing ends them."""
    named = ("--benchmark", benchmark, "--method", "held", "--seeds", "0-1")
    assert tree.run("inforeg", "train", *named, "--runs", "unbroken").returncode == 0
    unbroken = results(tree.path / f"unbroken/{benchmark}/held/default")
    assert len(unbroken) >= 10
    broken = results(tree.path / f"results/runs/{benchmark}/held/default")
    assert {name: broken[name] == unbroken[name] for name in unbroken} == dict.fromkeys(unbroken, True)


def experiment(benchmarks: list[str], methods: list[str]) -> dict[str, object]:
    """Two seeds, a row per method, the first one the reference."""
    rows = [{"label": name.title(), "method": name} for name in methods]
    return {"title": "Small", "benchmarks": benchmarks, "seeds": 2, "rows": rows, "reference": methods[0]}


def tuning(benchmarks: list[str], spaces: dict[str, dict[str, object]]) -> dict[str, object]:
    """Two trials of one seed for each method, which draws its settings from its space."""
    rows = [{"label": name.title(), "method": name, "space": space} for name, space in spaces.items()]
    common = {"training.lr": {"low": 0.01, "high": 0.1}}
    return {
        "title": "Trials",
        "benchmarks": benchmarks,
        "trials": 2,
        "first_seed": 100,
        "seeds": 1,
        "common": common,
        "rows": rows,
    }


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A project of two small benchmarks and two methods, nothing run yet.

    It and its interpreter lie in folders whose names have to be quoted.
    """
    folder = tmp_path_factory.mktemp("somebody's project ")
    interpreter = Path(sys.executable)
    (folder / "the python").symlink_to(interpreter.parents[1])
    tree = Tree(folder / "fresh", str(folder / "the python" / interpreter.parent.name / interpreter.name))
    skip = shutil.ignore_patterns("__pycache__")
    for folder in ("inforeg", "workflow"):
        shutil.copytree(ROOT / folder, tree.path / folder, ignore=skip)
    shutil.copy(ROOT / "Snakefile", tree.path)
    for folder in ("benchmarks", "experiments"):
        shutil.rmtree(tree.path / "workflow/config" / folder)
        (tree.path / "workflow/config" / folder).mkdir()
    tree.pin("synthetic", Project(ROOT).data_hashes()["synthetic"])
    add_benchmark(tree, "synthetic", "synthetic")
    tree.add_data_set("second")
    small = experiment(["synthetic", "second"], ["joint", "inforeg"])
    claim = {"id": "wins", "statement": "InfoReg wins", "better": "inforeg", "worse": "joint", "source": "-"}
    tree.write("workflow/config/experiments/main.yaml", {**small, "figures": ["curves"], "claims": [claim]})
    tree.write("workflow/config/config.yaml", {"experiments": ["main"], "quick": "main"})
    tree.write(
        "workflow/config/tuning.yaml", tuning(["synthetic"], {"joint": {}, "inforeg": {"beta": [0.1, 0.5]}})
    )
    grid = {key: value for key, value in tuning(["synthetic"], {"joint": {}}).items() if key != "trials"}
    common = {"training.lr": [0.02, 0.05, 0.1]}
    tree.write("workflow/config/settings.yaml", {**grid, "first_seed": 200, "common": common})
    return tree


@pytest.fixture(scope="session")
def finished(fresh: Tree) -> Tree:
    """The same after `snakemake --cores 2`; not to be changed."""
    tree = fresh.copy(fresh.path.with_name("finished"))
    tree.make()
    return tree


@pytest.fixture
def tree(finished: Tree, tmp_path: Path) -> Tree:
    """A copy of the finished project."""
    return finished.copy(tmp_path / "project")


@pytest.fixture
def held(tree: Tree) -> Iterator[Tree]:
    """The project with a method whose training waits while it is told to."""
    add_held(tree, "synthetic")
    yield tree
    (tree.path / "hold.synthetic").unlink(missing_ok=True)  # a failed test leaves no process waiting


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """A headless Chromium, as the system has it."""
    names = ("chromium", "google-chrome", "chromium-browser")
    binary = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip(f"the PATH has no {'chromedriver' if binary else 'Chromium'} to open pages with")
    options = ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # With the driver's path, selenium has nothing to look for or to download.
    with Chrome(options, ChromeService(driver)) as browser:
        yield browser
