"""Whatever the terminal, the locale and the platform: commands print, and figures mean the same."""

import os
import resource
import subprocess
import sys
from types import SimpleNamespace

import pytest

from inforeg.engine import train
from tests.conftest import make_spec, start

ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
LISTING, HELP = ("list", "methods"), ("train", "--help")
CASES = [
    (LISTING, {"PYTHONIOENCODING": "ascii:strict"}),
    (LISTING, ASCII),
    (LISTING, {"COLUMNS": "3"}),
    (HELP, {"PYTHONIOENCODING": "ascii"}),
    (HELP, {"COLUMNS": "1"}),
    (HELP, {"COLUMNS": "0", "TERM": "dumb"}),
]


def inforeg(*arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a user would; `shell` redirects its streams."""
    command = ["/bin/sh", "-c", f'exec "$0" -m inforeg "$@" {shell}', sys.executable, *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)


@pytest.mark.parametrize(("arguments", "environment"), CASES)
def test_a_command_prints_everywhere(project, arguments, environment):
    answer = inforeg(*arguments, **environment)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert answer.stdout


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii:strict"}, ASCII, {}])
def test_an_error_names_what_no_terminal_can_show(project, environment):
    answer = inforeg("train", "--benchmark", "Gr\udcf6\udcdfe\u2192", "--method", "joint", **environment)
    assert answer.returncode == 2
    assert answer.stderr.startswith(b"inforeg: There is no benchmark 'Gr")
    assert answer.stderr.count(b"\n") == 1


@pytest.mark.parametrize("shell", ["<&- >&- 2>&-", "2>/dev/full"])
def test_a_run_is_trained_where_nothing_can_be_printed(project, shell):
    command = ["train", "--benchmark", "toy", "--method", "joint", "--out", "L\u00e4ufe"]
    assert inforeg(*command, shell=shell, **ASCII).returncode == 0
    assert list(project.root.glob("L*/summary.json"))


def test_what_cannot_be_printed_is_said_in_one_sentence(project):
    answer = inforeg("list", "methods", shell="> /dev/full")
    assert answer.returncode == 2
    assert answer.stderr.startswith(b"inforeg: a file: No space left on device")
    assert answer.stderr.count(b"\n") == 1
    assert inforeg("train", "--benchmark", "none", "--method", "joint", shell="2>&-").returncode == 2
    assert inforeg("list", "methods", shell="| head -n 0").returncode == 0


@pytest.mark.parametrize(("platform", "unit"), [("linux", 2**10), ("darwin", 1)])
def test_memory_is_in_mib_on_every_platform(monkeypatch, platform, unit):
    """Linux counts ru_maxrss in KiB, macOS in bytes."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=300 * 2**20 / unit))
    _, state = start(make_spec())
    state.epoch = 1
    assert train._cost(state, {"training": 1.0, "evaluation": 0.5, "reading": 0.1})["peak_memory_mib"] == 300
