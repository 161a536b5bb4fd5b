"""A command that a worker runs says, ends and is ended as one that runs by itself."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from inforeg.cli.worker import PLACE, THREADS, _address, handed
from tests.unit.conftest import BENCHMARK, write
from tests.unit.test_processes import is_gone, until

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers run on Linux alone")

# As a workflow does it; it ends with its standard input.
STARTER = (
    "import os, sys; from inforeg.cli import worker; worker.start()\n"
    "print(os.environ[worker.PLACE], flush=True); sys.stdin.read()"
)
LIST = ("list", "benchmarks")

# A command more, which waits until somebody writes into a pipe.
HOLD = """

from pathlib import Path

_register = register


def register(commands):
    _register(commands)
    commands.add_parser("hold").set_defaults(run=lambda _: Path("pipe").read_text())
"""


@dataclass
class Workshop:
    """A project with a copy of the package, a process that started a worker there, and the worker's place."""

    root: Path
    starter: subprocess.Popen[str]
    place: str

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start a command as a job of the workflow does."""
        return subprocess.Popen(
            [sys.executable, "-m", "inforeg", *arguments],
            cwd=self.root,
            env={**environment(self.root), PLACE: self.place, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        with self.start(*arguments, **more) as process:
            out, err = process.communicate()
        return process.returncode, out, err

    def forks(self) -> list[int]:
        """The processes of commands that the worker runs."""
        worker = psutil.Process(self.starter.pid).children()[0]
        return [fork.pid for fork in worker.children() if fork.status() != psutil.STATUS_ZOMBIE]


def environment(root: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {**kept, **dict.fromkeys(THREADS, "1"), "INFOREG_ROOT": str(root)}


def edit(root: Path, more: str) -> None:
    with (root / "inforeg/cli/listing.py").open("a") as module:
        module.write(more)


@contextmanager
def opened(root: Path) -> Iterator[Workshop]:
    """A project in an empty folder, and its worker."""
    write(root / "workflow/config/benchmarks/toy.yaml", BENCHMARK)
    shutil.copytree(ROOT / "inforeg", root / "inforeg", ignore=shutil.ignore_patterns("__pycache__"))
    edit(root, HOLD)
    os.mkfifo(root / "pipe")
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=root,
        env=environment(root),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        yield Workshop(root, starter, starter.stdout.readline().strip())


@pytest.fixture(scope="module", autouse=True)
def _heeded() -> Iterator[None]:
    """Have signals end processes: what starts the tests may have them ignored, as nohup does."""
    handlers = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with opened(tmp_path_factory.mktemp("workshop")) as opening:
        yield opening


def written(workshop: Workshop) -> int:
    """The end of the pipe for which a command waits; once it does."""
    writers: list[int] = []

    def read() -> bool:
        with suppress(OSError):  # as long as nobody reads
            writers.append(os.open(workshop.root / "pipe", os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    until(read)
    return writers[0]


@pytest.fixture
def waiting(workshop: Workshop) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A command that waits, and the process that runs it."""
    with workshop.start("hold") as command, ExitStack() as stack:
        stack.callback(command.kill)  # or it waits for ever, and whoever waits for it
        writer = written(workshop)
        (fork,) = workshop.forks()
        stack.pop_all()
        yield command, fork
        os.close(writer)


def test_a_fork_answers_as_a_process_of_its_own(workshop: Workshop) -> None:
    for arguments in (
        LIST,
        ("list", "methods"),
        ("train", "--benchmark", "toy", "--method", "jiont"),
        ("x",),
    ):
        alone = workshop.run(*arguments, **{PLACE: str(workshop.root)})
        assert workshop.run(*arguments) == alone
    assert alone[0] == 2


def test_the_command_is_run_in_its_folder_by_a_fork(waiting: tuple[subprocess.Popen[str], int]) -> None:
    command, fork = waiting
    process = psutil.Process(fork)
    assert fork != command.pid
    assert process.cwd() == psutil.Process(command.pid).cwd()
    assert PLACE not in os.environ


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 130)],
)
def test_a_signal_to_the_command_ends_the_fork(
    waiting: tuple[subprocess.Popen[str], int], number: int, status: int
) -> None:
    command, fork = waiting
    command.send_signal(number)
    _, err = command.communicate()
    assert command.returncode == status
    assert ("interrupted; the same command continues" in err) == (number == signal.SIGINT)
    until(lambda: is_gone(fork))


def test_a_command_that_is_killed_takes_its_fork_along(waiting: tuple[subprocess.Popen[str], int]) -> None:
    command, fork = waiting
    command.kill()
    until(lambda: is_gone(fork))


def test_a_fork_that_is_killed_fails_its_command(waiting: tuple[subprocess.Popen[str], int]) -> None:
    command, fork = waiting
    os.kill(fork, signal.SIGKILL)
    _, err = command.communicate()
    assert command.returncode == 128 + signal.SIGKILL
    assert err == "inforeg: the process was killed; the same command goes on where it stopped.\n"


def test_what_a_shell_sets_does_not_matter(workshop: Workshop) -> None:
    with workshop.start("hold", PS1="$ ", SHLVL="7") as command:
        writer = written(workshop)
        forks = workshop.forks()
        os.close(writer)
    assert len(forks) == 1
    assert command.returncode == 0


def test_another_name_of_the_interpreter_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    address = _address("folder", os.environ)
    monkeypatch.setattr(sys, "executable", f"{sys.executable}3")  # as the first line of `snakemake` has it
    assert _address("folder", os.environ) == address


def test_other_threads_have_no_worker(workshop: Workshop) -> None:
    with workshop.start("hold", OMP_NUM_THREADS="2") as command:
        writer = written(workshop)
        assert not workshop.forks()
        os.close(writer)
    assert command.returncode == 0


def test_other_code_has_no_worker(tmp_path: Path) -> None:
    with opened(tmp_path) as workshop:
        assert "edited" not in workshop.run(*LIST)[1]  # the worker has imported its code
        edit(tmp_path, "print('edited')\n")
        status, out, _ = workshop.run(*LIST)
        assert status == 0
        assert out.startswith("edited\n")
        until(lambda: not Path(workshop.place).exists())


def test_a_worker_ends_with_who_started_it(tmp_path: Path) -> None:
    with opened(tmp_path) as workshop:
        (worker,) = psutil.Process(workshop.starter.pid).children()
        assert workshop.run(*LIST)[0] == 0
        workshop.starter.kill()
        until(lambda: is_gone(worker.pid))
        assert not Path(workshop.place).exists()


def test_what_no_worker_takes_runs_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    assert handed(LIST) is None
    monkeypatch.setenv(PLACE, str(tmp_path))
    assert handed(LIST) is None
    assert PLACE not in os.environ
