"""`inforeg show`: a run in one screen."""

import argparse
import math
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from inforeg.cli.options import Commands, add_command
from inforeg.errors import UserError

if TYPE_CHECKING:
    from inforeg.engine.opened import Opened

SHOW = """\
Show a run in one screen: what it is, its results under each selection rule, its courses over the epochs, in
which epochs windows were open, what it cost, and where it comes from. A run that is not finished is shown as
far as it is."""

WIDTH, EPOCHS = 100, 48
"""Characters of a line, and the most of a course."""

BLOCKS, ASCII = "▁▂▃▄▅▆▇█", "_.:-=+*#"
"""Levels of a course from low to high, and what stands for them where a terminal lacks them."""

ANSWERS = ("accuracy", "macro_f1", "loss")
COURSES = ("train/loss", "train/accuracy", "val/accuracy", "test/accuracy")
OF_MODALITIES = ("val/accuracy", "trace/batch")
"""What courses are shown of: the model, and each modality."""

WHERE = ("device", "cuda_device", "processor", "level", "threads", "system")
"""What of the machine is shown."""


def register(commands: Commands) -> None:
    """Add `show`."""
    parser = add_command(commands, "show", "show a run in one screen", SHOW)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's directory")
    parser.set_defaults(run=show)


def show(args: argparse.Namespace) -> None:
    """Print it, part by part."""
    from inforeg.engine.opened import opened

    run = opened(args.folder)
    parts = (_head(run), _results(run), _courses(run), _windows(run), _origin(run))
    print("\n\n".join(filter(None, ("\n".join(part) for part in parts))))


def _head(run: "Opened") -> Iterator[str]:
    spec, epochs = run.run.spec, len(run.epochs)
    if run.summary is None:
        state = f"not finished: {epochs} of {_asked(spec)} epochs"
    elif run.summary.diverged is not None:
        state = f"diverged: {run.summary.diverged}"
    else:
        state = f"finished, {epochs} epochs, {run.summary.parameters:,} parameters"
    yield from _wrapped("", f"{run.name}: {state}")
    yield from _wrapped("settings", _assigned(spec["settings"]))
    yield from _wrapped("training", _assigned(_told(spec["config"])))


def _asked(spec: Mapping[str, Any]) -> int:
    """Epochs of the whole training; those of the benchmark, where the method is of another version."""
    from inforeg.registry import METHODS

    epochs: int = spec["config"]["training"]["epochs"]
    with suppress(UserError):
        epochs = METHODS.build(spec["method"], spec["settings"]).epochs(epochs)
    return epochs


def _told(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a configuration is no default; all of it, where it is of another version."""
    from pydantic import ValidationError

    from inforeg.runspec import RunConfig

    try:
        return RunConfig.model_validate(config).model_dump(mode="json", exclude_defaults=True)
    except ValidationError:
        return dict(config)


def _assigned(values: Mapping[str, Any]) -> str:
    from inforeg.engine.contents import flat

    return " ".join(f"{key}={value}".replace(" ", "") for key, value in flat(values).items())


def _results(run: "Opened") -> Iterator[str]:
    """A line per selection rule, and what probes found."""
    from inforeg.engine.selection import Selection
    from inforeg.metrics.base import metric_of, title_of
    from inforeg.probes.results import Result, place
    from inforeg.reading import read_json
    from inforeg.registry import PROBES

    if run.summary is None or not run.summary.selection:
        return
    first = next(iter(run.summary.selection.values())).metrics
    names = [*ANSWERS, *(name.removeprefix("test/") for name in first if name.startswith("test/accuracy/"))]
    units = {name: metric_of(name).unit for name in names}
    lines = []
    for rule in Selection.KEYS:
        kept = run.summary.selection[rule]
        values = (kept.numbers.get(f"test/{name}", math.nan) * units[name].factor for name in names)
        lines.append([rule, kept.epoch, *map(_number, values)])
    header = ["test, by rule", "epoch", *(f"{title_of(name)} ({units[name].name})" for name in names)]
    yield _table(lines, [textwrap.fill(text, 14) for text in header])
    for probe in PROBES.classes:
        if (path := place(run.folder, probe)).exists():
            found = read_json(path, Result, "remove it and examine the run again").numbers
            if found:
                yield from _wrapped(probe, " ".join(f"{name}={value:.3f}" for name, value in found.items()))


def _courses(run: "Opened") -> Iterator[str]:
    """A line of blocks per metric, from its smallest to its largest value."""
    if not run.epochs:
        return
    names = [name for name in COURSES if name in run.epochs[0]]
    encoders = run.run.spec["config"]["encoders"]
    names += [name for kind in OF_MODALITIES for m in encoders if (name := f"{kind}/{m}") in run.epochs[0]]
    lines = [
        [name, drawn(course), *map(_number, (course[0], course[-1], _least(course), _most(course)))]
        for name in names
        if (course := _course(run, name))
    ]
    yield _table(lines, ["by epoch", f"0 to {len(run.epochs) - 1}", "first", "last", "least", "most"])


def _course(run: "Opened", name: str) -> list[float]:
    return [math.nan if (value := row.get(name)) is None else value for row in run.epochs]


def _least(course: Sequence[float]) -> float:
    return min((value for value in course if math.isfinite(value)), default=math.nan)


def _most(course: Sequence[float]) -> float:
    return max((value for value in course if math.isfinite(value)), default=math.nan)


def drawn(course: Sequence[float], levels: str | None = None) -> str:
    """A course as characters of `levels` from low to high, a mean of epochs each; a space where none is."""
    levels = levels or (BLOCKS if _has(BLOCKS) else ASCII)
    width = min(len(course), EPOCHS)
    ends = [len(course) * place // width for place in range(width + 1)]
    parts = [course[start:end] for start, end in pairwise(ends)]
    means = [sum(part) / len(part) for part in parts]
    low, high = _least(means), _most(means)
    steps = [(mean - low) / (high - low) if high > low else 0.0 for mean in means]
    return "".join(
        levels[round(step * (len(levels) - 1))] if math.isfinite(mean) else " "
        for step, mean in zip(steps, means, strict=True)
    )


def _has(characters: str) -> bool:
    """Whether the terminal does."""
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _windows(run: "Opened") -> Iterator[str]:
    """In which epochs windows were open, or, where the method has none, would have been by the paper's."""
    from inforeg.regulation.window import THRESHOLD, by_epoch, single, spans

    found = {
        modality: [bool(row.get(f"window/{modality}")) for row in run.epochs]
        for modality in run.run.spec["config"]["encoders"]
        if run.epochs and f"window/{modality}" in run.epochs[0]
    }
    title = "window open in epochs"
    if not found:
        title = f"window, by Eq. 11 with K = {THRESHOLD:g}"
        traces = {m: _course(run, f"trace/batch/{m}") for m in run.run.spec["config"]["encoders"]}
        found = {
            modality: by_epoch(single, trace, THRESHOLD)
            for modality, trace in traces.items()
            if trace and all(map(math.isfinite, trace))
        }
    lines = [
        [modality, textwrap.fill(spans(is_open), EPOCHS), f"{sum(is_open)} of {len(is_open)}"]
        for modality, is_open in found.items()
    ]
    if lines:
        yield _table(lines, [title, "", "epochs"])


def _origin(run: "Opened") -> Iterator[str]:
    """Cost, data and what made it."""
    from inforeg.engine.contents import COST
    from inforeg.engine.finished import read_cost

    if (run.folder / COST).exists():
        costs = read_cost(run.folder, run.run.spec_sha256, "train the run again")
        yield from _wrapped("cost", " ".join(f"{name}={_number(value)}" for name, value in costs.items()))
    spec = run.run.spec
    yield from _wrapped("data", f"{spec['config']['data']['name']}, {spec['data_hash'] or 'generated'}")
    yield from _wrapped("commit", f"{run.run.commit}; versions {_assigned(spec['versions'])}")
    yield from _wrapped("with", _assigned(run.run.versions))
    yield from _wrapped("on", ", ".join(f"{k} {v}" for k in WHERE if (v := run.run.machine.get(k))))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _table(lines: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    align = ["left", *["right"] * (len(header) - 1)]
    return tabulate(lines, header, tablefmt="simple", disable_numparse=True, colalign=align[: len(header)])


def _wrapped(title: str, text: str) -> list[str]:
    """`text` in lines that begin below each other, the first one after its title."""
    start = f"{title:<9} " if title else ""
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start),
                         break_long_words=False, break_on_hyphens=False) or [start]  # fmt: skip
