"""`inforeg list`."""

import argparse
import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from tabulate import tabulate

from inforeg.cli.options import Commands, add_command
from inforeg.registry import DATASETS, ENCODERS, FUSIONS, METHODS, PROBES, attributes
from inforeg.suite.project import Project


def register(commands: Commands) -> None:
    """Add `list`."""
    parser = add_command(
        commands,
        "list",
        "list methods, benchmarks, experiments and more",
        "List what there is, as a table or, with --json, with every setting, default and source.",
    )
    parser.add_argument("what", choices=sorted(LISTINGS))
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=show)


def show(args: argparse.Namespace) -> None:
    """Print one listing."""
    rows, columns = LISTINGS[args.what]()
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        print(tabulate([[row[column] for column in columns] for row in rows], headers=columns))


Listing = tuple[list[dict[str, Any]], list[str]]


def methods() -> Listing:
    """Every method with its paper, family, what it runs on, variants and settings."""
    rows = []
    for name, cls in METHODS.classes.items():
        settings = TypeAdapter(cls).json_schema().get("properties", {})
        sources, defaults = attributes(cls), METHODS.options(cls())
        rows.append(
            {
                "name": name,
                "title": cls.title,
                "family": cls.family,
                "reference": cls.reference,
                "year": next((int(year) for year in re.findall(r"\b\d{4}\b", cls.reference)[::-1]), None),
                "version": cls.version,
                "modalities": {"fewest": cls.fewest, "most": cls.most},
                "fusions": list(cls.fusions or FUSIONS.classes),
                "variants": {variant: dict(settings) for variant, settings in cls.variants.items()},
                "settings": {
                    key: {"default": defaults[key], **schema, "source": sources.get(key, "")}
                    for key, schema in settings.items()
                },
                "doc": cls.__doc__,
            }
        )
    return rows, ["name", "family", "reference"]


def datasets() -> Listing:
    """Every data set with its options."""
    return [
        {
            "name": name,
            "title": cls.title,
            "modalities": ", ".join(cls.modalities),
            "classes": len(getattr(cls, "classes", ())) or "",  # they may be an option
            "licence": cls.licence,
            "citation": cls.citation,
            **_options(cls),
        }
        for name, cls in DATASETS.classes.items()
    ], ["name", "title", "modalities", "classes"]


def encoders() -> Listing:
    """Every encoder with its options."""
    return [
        {"name": name, "rank": cls.rank, "what": _first_line(cls), **_options(cls)}
        for name, cls in ENCODERS.classes.items()
    ], ["name", "what"]


def fusions() -> Listing:
    """Every fusion."""
    return [
        {"name": name, "what": _first_line(cls), "decomposes": cls.decomposes, "joins": cls.joins}
        for name, cls in FUSIONS.classes.items()
    ], ["name", "what"]


def metrics() -> Listing:
    """Every metric that an experiment may name."""
    from inforeg.metrics.base import metrics as every

    return [
        {
            "name": metric.name,
            "title": metric.title,
            "unit": metric.unit.name,
            "better": "higher" if metric.higher_is_better else "lower",
            "of": " and ".join(
                ["the answer"] * metric.whole + ["each modality (NAME/MODALITY)"] * metric.by_modality
            ),
        }
        for metric in every().values()
    ], ["name", "title", "unit", "better", "of"]


def probes() -> Listing:
    """Every probe."""
    return [
        {
            "name": name,
            "what": _first_line(cls),
            "version": cls.version,
            "frame": cls.frame,
            "seeds": "all" if cls.seeds is None else sorted(cls.seeds),
        }
        for name, cls in PROBES.classes.items()
    ], ["name", "what", "seeds"]


def figures() -> Listing:
    """Every figure that an experiment may ask for."""
    from inforeg.analysis.figures.catalogue import FIGURES

    return [{"name": name, "what": _first_line(draw)} for name, draw in FIGURES.items()], ["name", "what"]


def keys() -> Listing:
    """Every key of the YAML files."""
    from inforeg.suite import reference

    rows = []
    for file, model in zip(reference.FILES, reference.SCHEMAS.values(), strict=True):
        schema = model.model_json_schema()
        for key, value, default, what in reference.keys(schema, schema.get("$defs", {})):
            plain = {"key": key.strip("`"), "value": value, "default": default.strip("`"), "what": what}
            rows.append({"file": file, **plain})
    return rows, ["file", "key", "value", "default", "what"]


def _options(cls: type) -> dict[str, Any]:
    """The options of a plug-in that is a dataclass, with kind, bounds, default and what is said of them."""
    said = attributes(cls)
    schema = TypeAdapter(cls).json_schema().get("properties", {})
    return {"options": {key: {"description": said.get(key, ""), **each} for key, each in schema.items()}}


def _first_line(thing: object) -> str:
    return inspect.cleandoc(thing.__doc__ or "").partition("\n")[0]


def benchmarks() -> Listing:
    """Every configured benchmark with its data set's licence and citation."""
    project = Project()
    rows = []
    for name in project.benchmarks():
        config = project.benchmark(name)
        data_set = DATASETS.build(config.data.name, config.data.options)
        rows.append(
            {
                "name": name,
                "title": config.title,
                "modalities": ", ".join(config.encoders),
                "classes": len(data_set.labels),
                "licence": data_set.licence,
                "citation": data_set.citation,
                "config": config.model_dump(mode="json"),
                "fusions": list(FUSIONS.classes),
            }
        )
    return rows, ["name", "title", "modalities", "classes"]


def experiments() -> Listing:
    """Every configured experiment, as it is asked for."""
    project = Project()
    rows = []
    for name in project.asked(project.experiments()):
        experiment = project.experiment(name)
        rows.append(
            {
                "name": name,
                "title": experiment.title,
                "benchmarks": ", ".join(experiment.benchmarks),
                "rows": [row.key for row in experiment.rows],
                "seeds": experiment.seeds,
                "claims": [claim.id for claim in experiment.claims],
            }
        )
    return rows, ["name", "title", "benchmarks", "seeds"]


LISTINGS: dict[str, Callable[[], Listing]] = {
    "methods": methods,
    "benchmarks": benchmarks,
    "experiments": experiments,
    "datasets": datasets,
    "encoders": encoders,
    "fusions": fusions,
    "metrics": metrics,
    "figures": figures,
    "keys": keys,
    "probes": probes,
}
