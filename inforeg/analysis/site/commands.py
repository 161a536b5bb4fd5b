"""The command line, as its parsers have it."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inforeg.analysis.site.markdown import anchor
from inforeg.analysis.tables.render import Entry, Table

Parsers = Mapping[str, argparse.ArgumentParser]


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: as it is given, `inforeg data prepare`.
        usage: with all that must be given.
        texts: paragraphs of what it does.
        arguments: what can be given; None where nothing can.
    """

    name: str
    usage: str
    texts: Sequence[str]
    arguments: Table | None

    @property
    def anchor(self) -> str:
        """By which it is linked to."""
        return anchor(self.name)


def commands_of(parsers: Parsers) -> Iterator[Command]:
    """Every command, and those below it in its place."""
    for parser in parsers.values():
        actions = _actions(parser)
        below = next((each.choices for each in actions if isinstance(each, argparse._SubParsersAction)), None)
        if below:
            yield from commands_of(below)
        else:
            texts = "\n\n".join(filter(None, (parser.description, parser.epilog))).split("\n\n")
            rows = [_row(parser, action) for action in actions if not _is_help(action)]
            header = ["Argument", "Default", "What it is"]
            table = Table(parser.prog, f"arguments-{parser.prog}", header, rows) if rows else None
            yield Command(parser.prog, _usage(parser), texts, table)


def _actions(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    return parser._actions  # what else argparse says of them is one text


def _is_help(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction)


def _usage(parser: argparse.ArgumentParser) -> str:
    needed = [each for each in _actions(parser) if each.required]
    options = (
        "[OPTIONS]" if any(not each.required and not _is_help(each) for each in _actions(parser)) else ""
    )
    return " ".join(filter(None, (parser.prog, options, *map(_named, needed))))


def _named(action: argparse.Action) -> str:
    """An argument with the place of its value."""
    value = action.metavar or action.dest.upper()
    value = value if isinstance(value, str) else " ".join(value)
    if action.choices is not None and action.metavar is None:
        value = "|".join(map(str, action.choices))
    several = " ..." if action.nargs in ("*", "+") else ""
    if not action.option_strings:
        return value + several
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}{several}"


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> list[Entry]:
    told = vars(action) | {"prog": parser.prog}
    text = (action.help or "") % told
    default = "required" if action.required and action.option_strings else ""
    if action.default not in (None, False, [], argparse.SUPPRESS):
        default = str(action.default)
    return [Entry(_named(action)), Entry(default), Entry(text)]
