"""The files that the workflow makes, by their names below results/."""

from collections.abc import Iterable

from inforeg.suite.experiment import Drawing, Experiment

VERDICTS = ("md", "tex", "html", "json")
"""How the verdicts on claims are written."""
CLAIMS = tuple(f"claims.{suffix}" for suffix in VERDICTS)
FOREST = tuple(f"figures/claims.{suffix}" for suffix in ("png", "pdf", "csv"))
DOCUMENT = ("paper.tex", "numbers.tex")
PDF = "paper.pdf"
SITES, LATEST = "site", "latest"
SITE = f"{SITES}/{LATEST}/index.html"
"""The first page of what is collected now; published versions' sites lie beside it."""
RUNS, EPOCHS = "runs.parquet", "epochs.parquet"
STATISTICS = (
    "comparison", "means", "variants", "weakest", "acted", "overview", "ranks", "verdicts", "pooled",
    "specs", "contrasts", "regimes", "relation", "windows", "cost", "sweep", "selection", "window_noise",
    "regulation", "tsne", "traces", "movement",
)  # fmt: skip
"""What an experiment's tables, figures and claims are rendered from."""
ACROSS = "across"
"""Ends the name of the LaTeX file that has these tables."""
ORIGIN = "provenance.json"
"""What states of which runs such files are."""
TIMED = ("costs.parquet", "times.json")
"""The frame of an experiment's runs that holds times, and what states its SHA-256."""
FRAMES = (
    RUNS, EPOCHS, "costs.parquet", "predictions.parquet", "corruptions.parquet",
    "embeddings.parquet", "times.json", ORIGIN,
)  # fmt: skip
"""What an experiment's runs are collected into."""
RAW = {
    **dict.fromkeys(("information", "curves", "gradients"), "epochs"),
    "corruption": "corruptions",
    "tsne": "embeddings",
}
"""Figures that draw what was collected itself, and the frame in which it is."""

DIAGNOSED: tuple[Drawing, ...] = ("differences", "information", "traces", "cost")
"""Figures of a diagnosis."""


def tables(name: str, experiment: Experiment) -> list[str]:
    """The experiment's table and its details per benchmark.

    In LaTeX its table has a file of its own, which a paper can take; in the others it is the first of one.
    """
    stems = [name, *(f"{name}_{benchmark}" for benchmark in experiment.benchmarks)]
    made = [f"tables/{stem}.{suffix}" for stem in stems for suffix in ("tex", "md", "html")]
    return [*made, f"tables/{name}_{ACROSS}.tex"] if has_more(experiment) else made


def has_more(experiment: Experiment) -> bool:
    """Whether there are tables across its benchmarks, or within its columns."""
    return len(experiment.benchmarks) > 1 or bool(experiment.contrasts)


def claims(name: str, experiment: Experiment, suffixes: Iterable[str] = VERDICTS) -> list[str]:
    """The verdicts on the experiment's claims; none where it has none."""
    return [f"claims/{name}.{suffix}" for suffix in suffixes] if experiment.claims else []


def figures(name: str, experiment: Experiment, suffixes: Iterable[str] = ("pdf", "png", "csv")) -> list[str]:
    """The experiment's figures, and the numbers that they draw as CSV."""
    return [f"figures/{name}_{figure}.{suffix}" for suffix in suffixes for figure in experiment.figures]


def raw(experiment: Experiment) -> list[str]:
    """The frames of the experiment's runs that its figures draw."""
    return sorted({RAW[figure] for figure in experiment.figures if figure in RAW})


def statistics(name: str) -> list[str]:
    """Every comparison of the experiment."""
    return [f"statistics/{name}.{suffix}" for suffix in ("csv", "json")]


def stored(name: str) -> list[str]:
    """The same to the bit, and all else that is statistical, for the program itself."""
    return [f"statistics/{name}/{file}" for file in (*(f"{each}.parquet" for each in STATISTICS), ORIGIN)]


def parts(name: str) -> list[str]:
    """The rules that make parts of the experiment, or name them, if it has such parts."""
    return [f"{name}_{part}" for part in ("tables", "figures", "claims")]


def former(name: str, experiment: Experiment) -> dict[str, list[str]]:
    """What the targets of version 0.1 made of the experiment, by their names."""
    made = {f"table_{name}": [*tables(name, experiment), *statistics(name)]}
    return made | ({f"figure_{name}": figures(name, experiment)} if experiment.figures else {})


def diagnosis(benchmark: str) -> list[str]:
    """The diagnosis of a benchmark: its page in two notations, every test, and figures."""
    files = ["index.html", "index.md", "verdicts.csv"]
    files += [f"{figure}.{suffix}" for figure in DIAGNOSED for suffix in ("pdf", "png", "csv")]
    return [f"diagnoses/{benchmark}/{file}" for file in files]


def products(name: str, experiment: Experiment) -> list[str]:
    """All that an experiment makes by itself."""
    return [
        *tables(name, experiment),
        *claims(name, experiment),
        *statistics(name),
        *figures(name, experiment),
    ]
