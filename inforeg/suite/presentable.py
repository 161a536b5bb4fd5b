"""Whether an experiment can be shown: what its figures need, and what they and the tables say."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from inforeg.characters import typesettable
from inforeg.errors import UserError
from inforeg.metrics.recorded import every_epoch
from inforeg.registry import METHODS
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment
from inforeg.suite.rows import Row
from inforeg.suite.workflow import Finding, Sentence

Benchmarks = Mapping[str, BenchmarkConfig]
LeftOut = Collection[tuple[str, str]]
"""Cells that cannot be, by row key and benchmark."""

INFORMATION = {"joint": "joint training", "unimodal": "each modality alone"}
"""Rows whose information is shown, and how their panels are called."""

SHORTEST = 3
"""Epochs of a trace in which there is noise to be measured."""


def check_presentable(
    name: str, experiment: Experiment, benchmarks: Benchmarks, reasons: Mapping[tuple[str, str], str]
) -> None:
    """Refuse what could not be shown once it is trained.

    Args:
        name: of the experiment.
        experiment: its content.
        benchmarks: the configuration of each of its benchmarks.
        reasons: why cells are left out.

    Raises:
        UserError: a figure lacks what it needs, a text cannot be typeset, or two benchmarks have one title.
    """
    try:
        check_figures(name, experiment, benchmarks, reasons)
    except UserError as error:
        if not reasons:
            raise
        (row, benchmark), reason = next(iter(reasons.items()))
        sentence = str(error).removesuffix(".")
        raise UserError(f"{sentence}; {row!r} is left out on {benchmark!r}: {reason}.") from None
    titles = [config.title for config in benchmarks.values()]
    if twice := next((title for title in titles if titles.count(title) > 1), None):
        raise UserError(
            f"The experiment {name!r} has two benchmarks called {twice!r}; give one another title."
        )
    for text in _said(experiment, reasons.values()):
        typesettable(text)


def check_figures(name: str, experiment: Experiment, benchmarks: Benchmarks, left_out: LeftOut) -> None:
    """Refuse a figure that would be empty; arguments as of `check_presentable`."""
    rows = [row for row in experiment.rows if any((row.key, each) not in left_out for each in benchmarks)]
    whole = [row for row in rows if all((row.key, each) not in left_out for each in benchmarks)]
    modalities = {modality for config in benchmarks.values() for modality in config.encoders}
    placed = any(row.x is not None for row in rows), "rows with an `x`; give them one"
    epochs = max(_training(rows, benchmarks, "epochs"))
    needs = {
        "information": (
            any(row.key in INFORMATION for row in rows),
            "a row 'joint' or 'unimodal'; add one, or drop the figure",
        ),
        "curves": (
            experiment.metric in every_epoch(modalities),
            "a metric that every epoch records, such as accuracy; change `metric`, or drop the figure",
        ),
        "gradients": (
            any(_training(rows, benchmarks, "gradients")),
            "rows that compare gradients; set training.gradients: 16 in them",
        ),
        "differences": (len(rows) > 1, "another row than the reference; add one, or drop the figure"),
        "sweep": placed,
        "gain": placed,
        "critical_difference": (
            len(benchmarks) > 1 and len(whole) > 2,
            "two benchmarks and three rows that all of them have; add some, or drop the figure",
        ),
        "baseline": (bool(experiment.contrasts), "contrasts; write some, or drop the figure"),
        "movement": _measured(rows, benchmarks, "movement"),
        "claims": (bool(experiment.claims), "claims; write some, or drop the figure"),
        "window_noise": (epochs >= SHORTEST, f"runs of {SHORTEST} epochs; raise training.epochs"),
    }
    for figure in experiment.figures:
        met, what = needs.get(figure, (True, ""))
        if not met:
            raise UserError(f"The figure {figure!r} of the experiment {name!r} needs {what}.")


def texts(experiment: Experiment, benchmarks: Benchmarks, reasons: Iterable[str]) -> Iterator[str]:
    """All that an experiment's tables and figures may say in words that are not the program's own."""
    yield experiment.model_dump_json()
    yield from (config.title for config in benchmarks.values())
    yield from _said(experiment, reasons)


def texts_of_named(
    named: Iterable[Sentence | Finding], experiments: Mapping[str, Experiment]
) -> Iterator[str]:
    """The same of sentences and findings, whose claims are of some of the `experiments`."""
    for each in named:
        yield from (each.text, each.source) if isinstance(each, Sentence) else (each.title,)
        asked = (claim for name in each.claims if name in experiments for claim in experiments[name].claims)
        yield from chain.from_iterable((claim.statement, claim.source) for claim in asked)


def _said(experiment: Experiment, reasons: Iterable[str]) -> Iterator[str]:
    """What methods say of themselves, and why cells are left out."""
    for name in dict.fromkeys(row.method for row in experiment.rows):
        yield METHODS.get(name).title
        yield METHODS.get(name).caveat
    yield from reasons


def _training(rows: Iterable[Row], benchmarks: Benchmarks, key: str) -> list[int]:
    """The setting training.`key` of every row on every benchmark; a factor such as x2 counts as 2."""
    found = [0]
    for row in rows:
        for config in benchmarks.values():
            own = getattr(config.training, key)
            value = row.set.get(f"training.{key}", own)
            found.append(value if isinstance(value, int) else own)
    return found


def _measured(rows: Iterable[Row], benchmarks: Benchmarks, what: str) -> tuple[bool, str]:
    """Whether some row on some benchmark is asked for the measurement `what`, and what to do if not."""
    own = [config.training.measure for config in benchmarks.values()]
    asked = [row.set.get("training.measure", each) for row in rows for each in own]
    met = any(isinstance(each, list) and what in each for each in asked)
    return met, f"rows that record it; set training.measure: [{what}] in them"
