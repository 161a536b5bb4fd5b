"""Where each page lies, below the site's own folder."""

from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath

GUIDES = "guides/index.html"
REFERENCE, COMMANDS, KEYS, METRICS, COLUMNS = (
    f"reference/{name}.html" for name in ("index", "commands", "keys", "metrics", "columns")
)
CLAIMS, BOARDS, METHODS, DATA, EXPERIMENTS, RUNS = (
    f"{folder}/index.html" for folder in ("claims", "leaderboards", "methods", "data", "experiments", "runs")
)


def claim(experiment: str, name: str) -> str:
    """A claim's."""
    return f"claims/{experiment}/{name}.html"


def board(benchmark: str) -> str:
    """A benchmark's leaderboard."""
    return f"leaderboards/{benchmark}.html"


def method(name: str) -> str:
    """A method's."""
    return f"methods/{name}.html"


def data(benchmark: str) -> str:
    """The card of a benchmark's data."""
    return f"data/{benchmark}.html"


def experiment(name: str) -> str:
    """An experiment's."""
    return f"experiments/{name}.html"


def runs(benchmark: str) -> str:
    """The list of a benchmark's runs."""
    return f"runs/{benchmark}.html"


def run(names: Iterable[object]) -> str:
    """A run's, by benchmark, method, variant and seed."""
    *folders, seed = map(str, names)
    return f"runs/{'/'.join(folders)}/seed-{seed}.html"


def guide(file: PurePath) -> str:
    """That of a file of the documentation, named relative to its folder."""
    return f"guides/{file.as_posix()}.html"


def api(part: str) -> str:
    """That of a part of what is imported from the package."""
    return f"reference/api/{part}.html"


def root(page: str) -> str:
    """The way from a page back to the site's folder."""
    return "../" * (len(PurePosixPath(page).parts) - 1)
