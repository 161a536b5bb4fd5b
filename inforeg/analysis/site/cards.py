"""What the site says of a benchmark's data: a card and, where the data are there, counts."""

import inspect
from dataclasses import fields
from pathlib import Path

from inforeg.analysis.site import addresses
from inforeg.analysis.site.content import Content
from inforeg.analysis.tables.render import Entry, Table
from inforeg.files import json_text
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.folders import manifest, store
from inforeg.suite.folders.places import dataset_of


def listed(content: Content) -> Table:
    """The benchmarks, each with its data set."""
    rows = []
    for name in content.used:
        config = content.benchmarks.get(name)
        if config is not None:
            data = dataset_of(config.data)
            shown = [data.title, ", ".join(config.encoders), str(len(data.labels)), data.licence]
            rows.append([Entry(config.title, link=addresses.data(name)), *map(Entry, shown)])
    return Table("Data", "data", ["Benchmark", "Data set", "Modalities", "Classes", "Licence"], rows)


def facts(config: BenchmarkConfig) -> dict[str, str]:
    """What a card says, by its words."""
    data = dataset_of(config.data)
    training = config.training
    options = {field.name: getattr(data, field.name) for field in fields(data)}  # type: ignore[arg-type]
    encoders = (f"{name}: {encoder.kind}" for name, encoder in config.encoders.items())
    return {
        "Data set": data.title,
        "Licence": data.licence,
        "Cite": data.citation,
        "Modalities": ", ".join(config.encoders),
        "Classes": ", ".join(data.labels),
        "Options": ", ".join(f"{name} = {json_text(value)}" for name, value in options.items()) or "none",
        "Encoders": ", ".join(encoders),
        "Training": f"{training.epochs} epochs, batches of {training.batch_size}, {training.optimizer}, "
        f"learning rate {training.lr:g}",
    }


def told(config: BenchmarkConfig) -> list[str]:
    """What the docstring of the data set says, by paragraphs."""
    text = inspect.cleandoc(type(dataset_of(config.data)).__doc__ or "").partition("\nAttributes:")[0]
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]


def counts(config: BenchmarkConfig, data: Path) -> Table | None:
    """How many samples of each class the splits have; None where the data are not there."""
    dataset = dataset_of(config.data)
    if not (data / dataset.place / manifest.NAME).exists():
        return None
    found = store.counts(dataset, data / dataset.place)
    rows = [
        [Entry(name), *(Entry(str(split.get(name, 0))) for split in found.values())]
        for name in dataset.labels
    ]
    header = ["Class", *(f"{name} ({sum(split.values())})" for name, split in found.items())]
    return Table("Samples by split and class", "counts", header, rows)
