"""The files that the workflow makes, by their names below results/."""

from collections.abc import Iterable

from inforeg.suite.experiment import Experiment

CLAIMS = tuple(f"claims.{suffix}" for suffix in ("md", "tex", "html", "json"))
FOREST = tuple(f"figures/claims.{suffix}" for suffix in ("png", "pdf", "csv"))
DOCUMENT = ("paper.tex", "numbers.tex")
PDF = "paper.pdf"
RUNS = "runs.parquet"


def tables(name: str, experiment: Experiment) -> list[str]:
    """The experiment's table and its details per benchmark."""
    stems = [name, *(f"{name}_{benchmark}" for benchmark in experiment.benchmarks)]
    return [f"tables/{stem}.{suffix}" for stem in stems for suffix in ("tex", "md", "html")]


def figures(name: str, experiment: Experiment, suffixes: Iterable[str] = ("pdf", "png", "csv")) -> list[str]:
    """The experiment's figures, and the numbers that they draw as CSV."""
    return [f"figures/{name}_{figure}.{suffix}" for suffix in suffixes for figure in experiment.figures]


def statistics(name: str) -> list[str]:
    """Every comparison of the experiment."""
    return [f"statistics/{name}.{suffix}" for suffix in ("csv", "json")]


def products(name: str, experiment: Experiment) -> list[str]:
    """All that an experiment makes by itself."""
    return [*tables(name, experiment), *statistics(name), *figures(name, experiment)]
