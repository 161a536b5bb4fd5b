"""What was done to find it, in words: benchmarks, how they train, and what a verdict is."""

from collections.abc import Sequence

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA, LEAST
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import margins
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.folders.places import dataset_of


def setting_table(studies: Sequence[Study]) -> Table:
    """Every benchmark of the studies: its data, its encoders and how it trains."""
    configs = {name: config for study in studies for name, config in study.benchmarks.items()}
    header = ["Benchmark", "Data set", "Classes", "Encoders", "Fusion", "Epochs", "Learning rate"]
    note = "Experiments may train some rows otherwise, as their tables say."
    rates = [_rate(config) for config in configs.values()]
    if any("(" in rate for rate in rates):
        note += " Learning rate: in brackets that of methods whose losses hold one of each modality."
    rows = [
        [Entry(config.title), *map(Entry, (*_cells(config), rate))]
        for config, rate in zip(configs.values(), rates, strict=True)
    ]
    return Table("The benchmarks", "setting", header, rows, [note])


def verdicts(studies: Sequence[Study]) -> str:
    """What tests and verdicts are, over all studies."""
    units = " or ".join(dict.fromkeys(study.units() for study in studies))
    return (
        "A claim is that one row of an experiment is better than another. On each benchmark it is tested by "
        f"a two-sided paired sign-flip test over {units}. It is reproduced where that rejects equality at "
        f"{ALPHA} in favour of the claim, and contradicted where it does so against it, after Holm's "
        "correction over the claims of one experiment on a benchmark. Two one-sided tests, corrected "
        f"likewise, ask whether the difference is within ± {margins(studies)}, the smallest effect of "
        "interest: where it is, a claim that is reproduced or contradicted is so by a negligible effect, and "
        "any other ends in practical equality. What is left is inconclusive, which is no evidence of no "
        "effect: the interval says which effects remain possible. Over all benchmarks the effect is the "
        f"unweighted mean of those on single ones, with Student's t; claims on fewer than {LEAST} "
        "independent data sets are not pooled. A claim that two experiments make is tested, and counted, in "
        "each. Titles that begin with a table or a figure name that of the paper."
    )


def _cells(config: BenchmarkConfig) -> tuple[str, ...]:
    dataset = dataset_of(config.data)
    encoders = ", ".join(f"{modality}: {each.kind}" for modality, each in config.encoders.items())
    return dataset.title, str(len(dataset.labels)), encoders, config.fusion, str(config.training.epochs)


def _rate(config: BenchmarkConfig) -> str:
    own = config.multitask.get("lr")
    return f"{config.training.lr:g}{'' if own is None else f' ({own:g})'}"
