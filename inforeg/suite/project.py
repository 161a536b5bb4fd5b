"""The folder that the command line and the workflow work in."""

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from inforeg.errors import UserError, unknown
from inforeg.files import child
from inforeg.reading import read_yaml
from inforeg.runspec import MACHINE, BenchmarkConfig, Machine
from inforeg.suite.choice import Choice
from inforeg.suite.experiment import ACROSS, Experiment
from inforeg.suite.rows import Row
from inforeg.suite.tuning import TUNED, TUNING, Choices, Protocol, Tuning
from inforeg.suite.workflow import REMEDIES, Suite, WorkflowConfig

CONFIG = Path("workflow/config/config.yaml")
RESULTS = Path("results")
GUIDES = Path("workflow/docs")
FILE = re.compile(r"[a-z0-9][a-z0-9_]*\.yaml")
IGNORED = (".*", "*~", "#*#", "*.swp", "*.orig", "*.bak")
"""What editors, systems and version control leave beside one's files."""

M = TypeVar("M", bound=BaseModel)


class Pin(BaseModel):
    """One folder in data.dvc; DVC's other keys do not matter here."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: int | None = Field(None, ge=0)
    md5: str | None = Field(None, pattern=r"^[0-9a-f]{32}(\.dir)?$")


class Pins(BaseModel):
    """data.dvc."""

    model_config = ConfigDict(frozen=True)

    wdir: str = "."
    outs: tuple[Pin, ...] = ()


def located() -> Path | None:
    """The folder that INFOREG_ROOT names, or else the nearest project at or above the working directory."""
    if named := os.environ.get("INFOREG_ROOT"):
        return Path(named)
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / "workflow" / "config").is_dir()), None)


class Project:
    """The folder that holds Snakefile, workflow/ and data.dvc.

    Args:
        root: the folder; by default the environment's INFOREG_ROOT, else the nearest one at or above the
            working directory with a workflow/config inside.
        choice: what of its configuration is asked for; by default what the environment's INFOREG_SELECT says.
    """

    def __init__(self, root: Path | None = None, choice: Choice | None = None) -> None:
        self.root = root or self._find()
        self.choice = Choice.from_environment() if choice is None else choice

    @staticmethod
    def _find() -> Path:
        if (found := located()) is None:
            raise UserError(
                f"{Path.cwd()} lies in no inforeg project; go to one, or name it in the variable "
                "INFOREG_ROOT."
            )
        if not (found / "workflow" / "config").is_dir():
            raise UserError(f"INFOREG_ROOT = {found} is no inforeg project; unset it or name one.")
        return found

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

    def title(self, benchmark: str) -> str:
        """How tables call the benchmark; its name where there is no such file yet."""
        return self.benchmark(benchmark).title if benchmark in self.benchmarks() else benchmark

    def whole(self, name: str) -> Experiment:
        """The experiment `name` on all benchmarks of the suite, with as many seeds as are asked for."""
        experiment = self._read("experiments", "experiment", name, Experiment).in_columns()
        if self.suite == "paper":
            experiment = experiment.on_paper()
        return experiment.model_copy(update={"seeds": self.choice.seeds or experiment.seeds})

    def experiment(self, name: str) -> Experiment:
        """The experiment `name` as it is asked for.

        Raises:
            UserError: it is on none of the benchmarks asked for, or on one that is not there.
        """
        whole = self.whole(name)
        left_out = self.not_asked(whole)
        kept = [benchmark for benchmark in whole.benchmarks if benchmark not in left_out]
        if not kept:
            raise UserError(
                f"The experiment {name!r} is on {', '.join(whole.benchmarks)}, of which `only` names none; "
                "add one, or leave `only` out."
            )
        absent = next((each for each in kept if each not in self.benchmarks()), None)
        if absent and self.suite == "paper":
            raise UserError(
                f"The experiment {name!r} needs the benchmark {absent!r}, which is not there; add "
                f"workflow/config/benchmarks/{absent}.yaml, or ask for others by `only`."
            )
        figures = [figure for figure in whole.figures if len(kept) > 1 or figure not in ACROSS]
        return whole.model_copy(
            update={"benchmarks": kept, "figures": figures if left_out else whole.figures}
        )

    def not_asked(self, experiment: Experiment) -> list[str]:
        """The benchmarks of `experiment` that are not asked for."""
        if (only := self.choice.only) is None:
            return []
        if strange := next((name for name in only if name not in self.benchmarks()), None):
            raise unknown("benchmark", strange, self.benchmarks())
        return [name for name in experiment.benchmarks if name not in only]

    def asked(self, names: Iterable[str]) -> list[str]:
        """Those of the experiments `names` that are on a benchmark that is asked for."""
        every = {name: self.whole(name) for name in names}
        return [name for name, whole in every.items() if len(self.not_asked(whole)) < len(whole.benchmarks)]

    def tuning(self, protocol: Protocol) -> Tuning | None:
        """What `protocol` tries, or None where nothing says."""
        path = self.root / protocol.path
        return read_yaml(path, Tuning) if path.exists() else None

    def tuned(self) -> Choices:
        """What tuning chose."""
        path = self.root / TUNED
        if not path.exists():
            raise UserError(
                f"{path} is not there, which experiments with `tuned: true` read; set it to false, run "
                f"`snakemake --cores all tuning`, copy {self.results}/{TUNING.products[0]} to {TUNED} and "
                "set it back."
            )
        return read_yaml(path, Choices)

    def machine(self, benchmark: str) -> Machine:
        """Where the runs of the benchmark `benchmark` are computed."""
        everywhere = self.workflow().machine if (self.root / CONFIG).exists() else MACHINE
        return everywhere.but(self.benchmark(benchmark).machine)

    def remedies(self) -> list[Row]:
        """What `inforeg diagnose` tries beside what it always does."""
        return self.workflow().remedies if (self.root / CONFIG).exists() else REMEDIES

    def workflow(self) -> WorkflowConfig:
        """What the workflow makes."""
        path = self.root / CONFIG
        if not path.exists():
            raise UserError(f"{path} is missing; write one that names `experiments` and `quick`.")
        return read_yaml(path, WorkflowConfig)

    @property
    def suite(self) -> Suite:
        """Which benchmarks experiments run on."""
        if self.choice.suite:
            return self.choice.suite
        there = (self.root / CONFIG).exists()
        return self.workflow().suite if there else "embedded"

    @property
    def results(self) -> Path:
        """Where all that is made of runs lies, relative to the project: each suite's apart."""
        return RESULTS if self.suite == "embedded" else RESULTS / self.suite

    def pins(self) -> Mapping[str, str | None]:
        """What data.dvc has for each folder of data/: its hash, a file's hash, or None before `dvc add`."""
        return {name: pin.md5 for name, pin in self._entries().items()}

    def data_hashes(self) -> Mapping[str, str]:
        """Hash of each benchmark's folder by its name under data/, as data.dvc has it."""
        return {name: md5 for name, md5 in self.pins().items() if md5 and md5.endswith(".dir")}

    def data_bytes(self) -> Mapping[str, int]:
        """Size of each folder of data/, where data.dvc states it."""
        return {name: pin.size for name, pin in self._entries().items() if pin.size is not None}

    def _entries(self) -> Mapping[str, Pin]:
        path = self.root / "data.dvc"
        return _pins(self.root, read_yaml(path, Pins)) if path.exists() else {}


@lru_cache(maxsize=8)
def _pins(root: Path, pins: Pins) -> Mapping[str, Pin]:
    """The entries of `pins` by the name of the folder of data/ that they are of."""
    where = f"{root / 'data.dvc'}"
    found: dict[str, Pin] = {}
    for out in pins.outs:
        name = child(root / "data", out.path, where, base=root / pins.wdir).name
        if name in found:
            raise UserError(f"{where} has two entries for data/{name}; remove one of them.")
        found[name] = out
    return found
