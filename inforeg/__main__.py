"""`python -m inforeg`, the same as the console script `inforeg`."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

import inforeg
from inforeg.cli.worker import handed
from inforeg.errors import UserError

if TYPE_CHECKING:
    from inforeg.cli.options import Parser


GOES_ON = "the same command continues where this one stopped"
"""What Ctrl-C leaves, unless a command says something else in `interrupted`."""


def parser() -> "Parser":
    """The whole command line."""
    from inforeg.cli import (
        analysis,
        check,
        compare,
        data,
        diagnose,
        diff,
        examine,
        export,
        init,
        listing,
        plan,
        power,
        promises,
        publish,
        remote,
        rerun,
        runs,
        show,
        site,
        verify,
    )
    from inforeg.cli.options import Parser

    top = Parser(prog="inforeg", description="Benchmarks and replications of balanced multimodal learning.")
    top.add_argument("--version", action="version", version=f"inforeg {inforeg.__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for group in (
        init,
        listing,
        plan,
        power,
        data,
        runs,
        remote,
        diagnose,
        show,
        diff,
        rerun,
        examine,
        export,
        analysis,
        site,
        publish,
        verify,
        check,
        compare,
        promises,
    ):
        group.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 130 for Ctrl-C."""
    from inforeg.engine import machine

    _mend_streams()
    interrupted = GOES_ON
    try:
        machine.limit()
        args = parser().parse_args(arguments)
        interrupted = getattr(args, "interrupted", GOES_ON)
        _search_own()
        args.run(args)
        sys.stdout.flush()  # a full disk or a closed pipe is met here, not when the interpreter ends
    except UserError as error:
        return _refuse(str(error), 2)
    except KeyboardInterrupt:
        return _refuse(f"interrupted; {interrupted}.", 130)
    except BrokenPipeError:  # whoever read the output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ModuleNotFoundError as error:
        if not _lacks_suite():
            raise
        what = f"commands need the suite, of which {error.name} is missing"
        return _refuse(f"{what}: pip install 'inforeg[suite]'.", 2)
    except OSError as error:
        what = f"{error.filename or 'a file'}: {error.strerror or error}"
        return _refuse(f"{what}; nothing was lost: mend it and give the same command again.", 2)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not re.search(OUT_OF_MEMORY, str(error), re.IGNORECASE):
            raise
        return _refuse("there is not enough memory; make the model, the batch or the data smaller.", 2)
    return 0


OUT_OF_MEMORY = r"out of memory|can't allocate memory|not enough memory"
"""What torch says, in a RuntimeError."""


def _lacks_suite() -> bool:
    """Whether a package is not installed that the extra `suite` names, as where InfoReg alone is wanted."""
    from importlib.metadata import PackageNotFoundError, distribution, requires

    try:
        for requirement in requires("inforeg") or ():
            if name := re.match(r"([\w.-]+).*extra == .suite.", requirement):
                distribution(name[1])
    except PackageNotFoundError:
        return True
    return False


def _search_own() -> None:
    """Find the plug-ins of the project that the command is given in, if it is given in one."""
    from inforeg.suite.own import search
    from inforeg.suite.project import located

    if root := located():
        search(root)


def _mend_streams() -> None:
    """Let output go nowhere where it is closed, and be spelt out where the terminal lacks a character."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        if isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _refuse(sentence: str, status: int) -> int:
    with suppress(OSError):  # nobody reads it, but the status says it too
        print(f"inforeg: {sentence}", file=sys.stderr)
    return status


def entry() -> None:
    """The console script."""
    status = handed(sys.argv[1:])
    sys.exit(main() if status is None else status)


if __name__ == "__main__":
    entry()
