"""`python -m inforeg`, the same as the console script `inforeg`."""

import argparse
import sys
from collections.abc import Sequence

from inforeg.cli import analysis, check, data, listing, runs
from inforeg.errors import UserError


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="inforeg", description="Benchmarks and replications of balanced multimodal learning."
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for group in (listing, data, runs, analysis, check):
        group.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 130 for Ctrl-C."""
    args = parser().parse_args(arguments)
    try:
        args.run(args)
    except UserError as error:
        print(f"inforeg: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("inforeg: interrupted; the same command continues where this one stopped.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        print(f"inforeg: {error.filename or 'a file'}: {error.strerror}; nothing was lost.", file=sys.stderr)
        return 2
    return 0


def entry() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    entry()
