"""From names and settings to the complete spec of one run."""

import dataclasses
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from torch import nn

from inforeg.engine.versions import versions
from inforeg.errors import UserError, shown, unknown
from inforeg.methods.base import Settings
from inforeg.reading import validated
from inforeg.registry import DATASETS, ENCODERS, FUSIONS, METHODS
from inforeg.runspec import BenchmarkConfig, RunConfig, RunSpec, Setting
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.project import Project


def resolve(
    project: Project,
    benchmark: str,
    method: str,
    variant: str = "default",
    *,
    seed: int = 0,
    overrides: Mapping[str, Setting],
) -> RunSpec:
    """The complete spec of one run.

    Args:
        project: where the benchmark's YAML and data.dvc are.
        benchmark: its name.
        method: its name.
        variant: one that the method offers, whose settings apply, or a new name for these overrides.
        seed: of the run.
        overrides: by key: a setting of the method, or a path into the benchmark's YAML such as
            `training.lr`, `data.split`, `fusion`, whose value may be a factor on the YAML's own, as x2.
    """
    base = project.benchmark(benchmark)
    names = offered(method, tuple(base.encoders))
    if not overrides:
        refuse_unknown(method, variant, {"default", *names})
    settings = dict(names.get(variant, METHODS.get(method).variants.get(variant, {})))
    tree, settings = _overridden(base, method, settings, overrides)
    complete = _with_defaults(validated(BenchmarkConfig, tree, f"benchmark {benchmark!r}"), benchmark)
    spec = {
        "benchmark": benchmark,
        "method": method,
        "variant": variant,
        "seed": seed,
        "versions": versions(method, complete),
        "settings": METHODS.options(METHODS.build(method, settings)),
        "config": complete,
        "data_hash": project.data_hashes().get(dataset_of(complete.data).place),
    }
    return validated(RunSpec, spec, "the run")


def completed(project: Project, spec: RunSpec) -> RunSpec:
    """A spec that is given whole, every option spelled out, once all that it names is known to exist."""
    project.benchmark(spec.benchmark)
    config = _with_defaults(spec.config, spec.benchmark)
    settings = METHODS.options(METHODS.build(spec.method, spec.settings))
    return spec.model_copy(update={"config": config, "settings": settings})


def joined(variant: str, suffix: str) -> str:
    """The name of a variant's run with the suffix that `Method.expand` gives it."""
    parts = [suffix] if variant == "default" and suffix else [variant, suffix]
    return "_".join(filter(None, parts))


def offered(method: str, modalities: tuple[str, ...]) -> dict[str, Settings]:
    """The method's own variants on these modalities: settings by name, the default's among them."""
    cls = METHODS.get(method)
    plain: dict[str, Settings] = {"default": {}, **cls.variants}
    return {
        joined(variant, suffix): {**settings, **extra}
        for variant, settings in plain.items()
        for suffix, extra in cls.expand(modalities).items()
    }


def refuse_unknown(method: str, variant: str, known: Collection[str]) -> None:
    """Raise for a variant without settings of its own that is none of those `known`: it may be misspelt."""
    if variant not in known:
        hint = "; one of your own needs settings of its own"
        raise UserError(
            f"{str(unknown(f'variant of method {method!r} named', variant, known)).rstrip('.')}{hint}."
        )


def refuse_borrowed(project: Project, spec: RunSpec, overrides: Mapping[str, Setting]) -> None:
    """Raise if `overrides` make `spec` another run than the one whose name, and so whose place, it has."""
    if not overrides:
        return
    if spec.variant not in offered(spec.method, tuple(project.benchmark(spec.benchmark).encoders)):
        return
    plain = resolve(project, spec.benchmark, spec.method, spec.variant, seed=spec.seed, overrides={})
    if plain != spec:
        key, value = next(iter(overrides.items()))
        own = re.sub(r"[^a-z0-9]+", "_", f"{key} {value}".lower()).strip("_")[:40]
        raise UserError(
            f"{key} = {shown(value)} makes another run than the variant {spec.variant!r} of {spec.method!r}; "
            f"name it by a variant of its own, such as {own!r}."
        )


def _overridden(
    base: BenchmarkConfig, method: str, settings: dict[str, Setting], overrides: Mapping[str, Setting]
) -> tuple[dict[str, Any], dict[str, Setting]]:
    """The benchmark's YAML and the method's `settings` with the overrides applied."""
    known = {field.name for field in dataclasses.fields(METHODS.get(method))}
    fields = set(RunConfig.model_fields)
    settings.update({key: value for key, value in overrides.items() if key in known})
    tree: dict[str, Any] = base.model_dump(mode="json")
    if base.multitask and _multitask(method, settings, overrides):
        tree["training"].update(base.multitask)
    for key, value in overrides.items():
        if key in known or (key == "training" and value in TRAININGS):
            continue
        if key.split(".")[0] in fields:
            _put(tree, key, _times(tree, key, value))
        elif key.split(".")[0] == "machine":
            raise UserError(
                f"{key} says where a run is computed, which is no part of what is trained; give it to "
                "`inforeg train` as --machine, or put it into the YAML of the benchmark or config.yaml."
            )
        else:
            raise unknown(f"setting of method {method!r} named", key, known | fields)
    return tree, settings


TRAININGS = ("joint", "multitask")
"""Whose settings a row may ask for by `training`."""


def _multitask(method: str, settings: Settings, overrides: Mapping[str, Setting]) -> bool:
    """Whether the method as it is set trains as Joint* does on the benchmark, unless it is told otherwise."""
    if (asked := overrides.get("training")) in TRAININGS:
        return asked == "multitask"
    supervises: bool = METHODS.build(method, settings).supervises_each
    return supervises


def _with_defaults(config: RunConfig, benchmark: str) -> RunConfig:
    """What decides numbers in `config`, with every option of data set and encoders spelled out."""
    FUSIONS.get(config.fusion)
    for modality in config.encoders:
        # Losses and traces are logged by modality beside these, and torch keeps modules as attributes.
        if modality in ("joint", "head", "whole") or hasattr(nn.ModuleDict, modality):
            raise UserError(f"The modality's name {modality!r} is reserved; choose another.")
        if modality not in (known := DATASETS.get(config.data.name).modalities):
            raise unknown(f"modality of benchmark {benchmark!r} named", modality, known)
    data = DATASETS.options(DATASETS.build(config.data.name, config.data.options))
    encoders = {
        modality: {"kind": encoder.kind, **ENCODERS.options(ENCODERS.build(encoder.kind, encoder.options))}
        for modality, encoder in config.encoders.items()
    }
    complete = {"data": {"name": config.data.name, **data}, "encoders": encoders}
    given = config.model_dump(mode="json", include=set(RunConfig.model_fields))
    return RunConfig.model_validate(given | complete)


FACTOR = re.compile(r"x(\d+(\.\d+)?)")
"""A value that multiplies the benchmark's own, such as x2."""


def _times(tree: Mapping[str, Any], path: str, value: Setting) -> Setting:
    """`value`, or its multiple of what `path` holds in nested mappings if `value` is a factor."""
    factor = FACTOR.fullmatch(value) if isinstance(value, str) else None
    if factor is None:
        return value
    for key in path.split("."):
        tree = tree.get(key, {}) if isinstance(tree, Mapping) else {}
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        raise UserError(f"The factor {factor[0]} of {path!r} has no number to multiply; give a value there.")
    product = float(factor[1]) * tree
    if not math.isfinite(product):
        raise UserError(f"The factor {shown(value)} of {path!r} is too large; give a smaller one.")
    return round(product) if isinstance(tree, int) else product


def _put(tree: dict[str, Any], path: str, value: Setting) -> None:
    """Set the entry of nested mappings that a dotted path names."""
    *parents, last = path.split(".")
    for parent in parents:
        if not isinstance(tree.get(parent), dict):
            raise UserError(f"The setting {path!r} leads nowhere; {parent!r} has no parts to set.")
        tree = tree[parent]
    tree[last] = value
