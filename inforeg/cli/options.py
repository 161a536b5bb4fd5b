"""Options that several commands share."""

import argparse
from pathlib import Path
from typing import Any

import yaml

from inforeg.config import Setting

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps its type private."""

RUNS = Path("results/runs")


class Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Paragraphs kept, and defaults in the help where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def setting(text: str) -> tuple[str, Setting]:
    """`key=value` with the value read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"the value of {text!r} is not valid YAML") from None


def seeds(text: str) -> range:
    """`N`, or `FIRST-LAST` inclusive."""
    first, _, last = text.partition("-")
    try:
        span = range(int(first), int(last or first) + 1)
    except ValueError:
        span = range(0)
    if not span:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a seed nor a range such as 0-9")
    return span


def add_runs(parser: argparse.ArgumentParser) -> None:
    """The option `--runs`."""
    parser.add_argument("--runs", type=Path, default=RUNS, help="root of all run directories")
