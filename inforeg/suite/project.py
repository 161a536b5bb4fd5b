"""The folder that the command line and the workflow work in."""

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from inforeg.errors import UserError, unknown
from inforeg.files import child
from inforeg.reading import read_yaml
from inforeg.runspec import MACHINE, BenchmarkConfig, Machine
from inforeg.suite.experiment import Experiment, Suite, WorkflowConfig
from inforeg.suite.tuning import TUNED, TUNING, Choices, Tuning

CONFIG = Path("workflow/config/config.yaml")
FILE = re.compile(r"[a-z0-9][a-z0-9_]*\.yaml")
IGNORED = (".*", "*~", "#*#", "*.swp", "*.orig", "*.bak")
"""What editors, systems and version control leave beside one's files."""

M = TypeVar("M", bound=BaseModel)


class Pin(BaseModel):
    """One folder in data.dvc; DVC's other keys do not matter here."""

    model_config = ConfigDict(frozen=True)

    path: str
    md5: str | None = Field(None, pattern=r"^[0-9a-f]{32}(\.dir)?$")


class Pins(BaseModel):
    """data.dvc."""

    model_config = ConfigDict(frozen=True)

    wdir: str = "."
    outs: tuple[Pin, ...] = ()


class Project:
    """The folder that holds Snakefile, workflow/ and data.dvc.

    Args:
        root: the folder; by default the environment's INFOREG_ROOT, else the nearest one at or above the
            working directory with a workflow/config inside.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or self._find()

    @staticmethod
    def _find() -> Path:
        if named := os.environ.get("INFOREG_ROOT"):
            if (Path(named) / "workflow" / "config").is_dir():
                return Path(named)
            raise UserError(f"INFOREG_ROOT = {named} is no inforeg project; unset it or name one.")
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / "workflow" / "config").is_dir():
                return folder
        raise UserError(
            f"{here} lies in no inforeg project; go to one, or name it in the variable INFOREG_ROOT."
        )

    def _names(self, folder: str) -> list[str]:
        where = self.root / "workflow/config" / folder
        there = where.iterdir() if where.is_dir() else ()
        files = [path for path in there if path.suffix or not path.is_dir()]
        named = [path for path in files if not any(fnmatch(path.name, pattern) for pattern in IGNORED)]
        for path in named:
            # What the workflow makes bears the name, on paths and in commands.
            if not FILE.fullmatch(path.name):
                raise UserError(
                    f"{where} holds {path.name!r}: a name there is of a-z, 0-9 and _, and ends in .yaml; "
                    "rename the file, or move it elsewhere."
                )
        return sorted(path.stem for path in named)

    def _read(self, folder: str, kind: str, name: str, model: type[M]) -> M:
        path = self.root / "workflow/config" / folder / f"{name}.yaml"
        if not (FILE.fullmatch(f"{name}.yaml") and path.exists()):
            raise unknown(kind, name, self._names(folder))
        return read_yaml(path, model)

    def benchmarks(self) -> list[str]:
        """Names of the configured benchmarks."""
        return self._names("benchmarks")

    def experiments(self) -> list[str]:
        """Names of the configured experiments."""
        return self._names("experiments")

    def benchmark(self, name: str) -> BenchmarkConfig:
        """How to train on the benchmark `name`."""
        return self._read("benchmarks", "benchmark", name, BenchmarkConfig)

    def experiment(self, name: str) -> Experiment:
        """The experiment `name` on the benchmarks of the workflow's suite."""
        experiment = self._read("experiments", "experiment", name, Experiment)
        if self.suite == "embedded":
            return experiment
        for benchmark in (experiment := experiment.on_paper()).benchmarks:
            if benchmark not in self.benchmarks():
                raise UserError(
                    f"The experiment {name!r} needs the benchmark {benchmark!r}, which is not there yet; add "
                    f"inforeg/data/{benchmark}.py and workflow/config/benchmarks/{benchmark}.yaml, get its "
                    f"data with `inforeg data fetch {benchmark}`, or set `suite: embedded` in {CONFIG}."
                )
        return experiment

    def tuning(self) -> Tuning | None:
        """How methods are tuned, or None where nothing says."""
        path = self.root / TUNING
        return read_yaml(path, Tuning) if path.exists() else None

    def tuned(self) -> Choices:
        """What tuning chose."""
        path = self.root / TUNED
        if not path.exists():
            raise UserError(
                f"{path} is not there, which experiments with `tuned: true` read; set it to false, run "
                f"`snakemake --cores all tuning`, copy results/tuning/tuned.yaml to {TUNED} and set it back."
            )
        return read_yaml(path, Choices)

    def machine(self, benchmark: str) -> Machine:
        """Where the runs of the benchmark `benchmark` are computed."""
        everywhere = self.workflow().machine if (self.root / CONFIG).exists() else MACHINE
        return everywhere.but(self.benchmark(benchmark).machine)

    def workflow(self) -> WorkflowConfig:
        """What the workflow makes."""
        path = self.root / CONFIG
        if not path.exists():
            raise UserError(f"{path} is missing; write one that names `experiments` and `quick`.")
        return read_yaml(path, WorkflowConfig)

    @property
    def suite(self) -> Suite:
        """Which benchmarks experiments run on."""
        there = (self.root / CONFIG).exists()
        return self.workflow().suite if there else "embedded"

    def pins(self) -> Mapping[str, str | None]:
        """What data.dvc has for each folder of data/: its hash, a file's hash, or None before `dvc add`."""
        path = self.root / "data.dvc"
        return _pins(self.root, read_yaml(path, Pins)) if path.exists() else {}

    def data_hashes(self) -> Mapping[str, str]:
        """Hash of each benchmark's folder by its name under data/, as data.dvc has it."""
        return {name: md5 for name, md5 in self.pins().items() if md5 and md5.endswith(".dir")}


@lru_cache(maxsize=8)
def _pins(root: Path, pins: Pins) -> Mapping[str, str | None]:
    """The hashes in `pins` by the name of the folder of data/ that they are of."""
    where = f"{root / 'data.dvc'}"
    found: dict[str, str | None] = {}
    for out in pins.outs:
        name = child(root / "data", out.path, where, base=root / pins.wdir).name
        if name in found:
            raise UserError(f"{where} has two entries for data/{name}; remove one of them.")
        found[name] = out.md5
    return found
