"""Options that several commands share."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from inforeg.errors import UserError, shown
from inforeg.reading import yaml_value
from inforeg.runspec import MOST_SEED, MOST_SEEDS, Setting
from inforeg.suite.project import RESULTS, Project

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps its type private."""

RUNS = RESULTS / "runs"


@dataclass(frozen=True)
class Made:
    """The default of a path below results/, or below results/paper/ where the suite is `paper`."""

    name: str

    def __str__(self) -> str:
        return str(RESULTS / self.name)


def placed(run: Callable[[argparse.Namespace], None]) -> Callable[[argparse.Namespace], None]:
    """`run`, given the project's own place of each `Made` that is left."""

    def command(args: argparse.Namespace) -> None:
        left = {name: value for name, value in vars(args).items() if isinstance(value, Made)}
        results = Project().results if left else RESULTS
        for name, value in left.items():
            setattr(args, name, results / value.name)
        run(args)

    return command


class Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Paragraphs kept, and defaults in the help where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def add_command(
    commands: Commands, name: str, summary: str, description: str, epilog: str | None = None
) -> argparse.ArgumentParser:
    """The parser of a new command, whose `summary` the list of commands has."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=epilog, formatter_class=Formatter
    )
    return parser


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse."""
        raise UserError(f"{message}; see `{self.prog} --help`.")


class Reading(argparse.Action):
    """Keeps what `read` makes of an option's text; of a repeatable one, with `default=[]`, of all its texts.

    The sentence of a `UserError` stays: argparse's `type` would put its own words in the place of any
    ValueError's.
    """

    def __init__(
        self, option_strings: Sequence[str], dest: str, *, read: Callable[[str], Any], **rest: Any
    ) -> None:
        super().__init__(option_strings, dest, **rest)
        self.read = read

    def __call__(
        self, parser: Any, namespace: argparse.Namespace, values: Any, flag: str | None = None
    ) -> None:
        """Read one text."""
        value = self.read(values)
        setattr(
            namespace, self.dest, value if self.default is None else [*getattr(namespace, self.dest), value]
        )


def setting(text: str, flag: str = "--set", example: str = "beta=0.5") -> tuple[str, Setting]:
    """`key=value` with the value read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UserError(f"{flag} {shown(text)} is not of the form key=value; give one, such as {example}.")
    return key, yaml_value(value, f"The value of {flag} {shown(key)}")


def machine_setting(text: str) -> tuple[str, Setting]:
    """The same of `--machine`."""
    return setting(text, "--machine", "device=cuda")


def seeds(text: str) -> list[int]:
    """`N`, `FIRST-LAST` inclusive, or several of these with commas between, each seed once and in order."""
    spans = [_span(part) for part in text.split(",")]
    if sum(map(len, spans)) > MOST_SEEDS or not all(span and span[-1] <= MOST_SEED for span in spans):
        raise UserError(
            f"--seeds {shown(text)} is neither a seed nor a range such as 0-9, nor a list of these; give "
            f"numbers up to {MOST_SEED}, at most {MOST_SEEDS} of them."
        )
    return sorted({seed for span in spans for seed in span})


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        return range(0)


def add_seeds(parser: argparse.ArgumentParser) -> None:
    """The option `--seeds`."""
    parser.add_argument(
        "--seed", "--seeds", metavar="SEEDS", action=Reading, read=seeds, dest="seeds",
        help="a seed, a range, inclusive, or several of these, as 0-4,7 (default: the spec's own, or 0)",
    )  # fmt: skip


def add_machine(parser: argparse.ArgumentParser) -> None:
    """The option `--machine`."""
    parser.add_argument(
        "--machine", metavar="KEY=VALUE", action=Reading, read=machine_setting, default=[],
        help="where it is computed, over what the YAML says (device=cuda, threads=4 ...); repeatable",
    )  # fmt: skip


def add_allow(parser: argparse.ArgumentParser) -> None:
    """The option that lets go of samples."""
    parser.add_argument(
        "--allow", metavar="NAME", action="append", default=[],
        help="go on without this sample if it cannot be read; repeatable",
    )  # fmt: skip


def add_discard(parser: argparse.ArgumentParser) -> None:
    """The option that lets go of runs that are in the way."""
    parser.add_argument(
        "--discard", action="store_true", help="discard runs of another spec in the way, and damaged ones"
    )


def add_runs(parser: argparse.ArgumentParser) -> None:
    """The option `--runs`."""
    parser.add_argument("--runs", type=Path, default=RUNS, help="root of all run directories")
