"""Children end with us, and say why they failed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inforeg.processes import reason, run, stoppable

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
GRANDCHILD = "import os, time; open('pid', 'w').write(f'{os.getpid()}\\n'); time.sleep(600)"
PARENT = (
    "import sys; from pathlib import Path; from inforeg.processes import run, stoppable\n"
    f"with stoppable(): run([sys.executable, '-c', {CHILD.format(grandchild=GRANDCHILD)!r}], Path.cwd())"
)


def until(happens: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < limit
        time.sleep(0.01)


def is_gone(process: int) -> bool:
    """Whether nothing runs under this number; one that nobody has waited for yet runs no more."""
    status = Path(f"/proc/{process}/status")
    try:
        if not Path("/proc/self").exists():
            return bool(os.kill(process, 0))
        told = status.read_text()
        return "State:\tZ" in told and "Threads:\t1\n" in told  # until then a thread may hold its files
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_children_and_theirs(tmp_path: Path, number: signal.Signals) -> None:
    # What starts the tests may have it ignored, as nohup and background jobs do.
    before = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=tmp_path, stderr=subprocess.DEVNULL)
    signal.signal(number, before)
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
    parent.send_signal(number)
    assert parent.wait() in (128 + number, -number)
    until(lambda: is_gone(int((tmp_path / "pid").read_text())))


def test_a_child_that_ends_gives_what_it_said(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd(), os.environ['NAME']); sys.exit('no')"
    done = run([sys.executable, "-c", program], tmp_path, NAME="value")
    assert (done.stdout, done.stderr, done.returncode) == (f"{tmp_path.resolve()} value\n", "no\n", 1)


def test_signals_are_as_they_were_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended, stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_is_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stoppable():
        signal.raise_signal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    entered = []

    def work() -> None:
        with stoppable():
            entered.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [True]


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("ERROR: No matching one\n\n[notice] A new release\n[notice] To update\n", "No matching one"),
        ("WARNING: Retrying\nERROR: Could not find x\nERROR: No matching x.\n", "No matching x"),
        ("ERROR: failed to fetch\nHaving any troubles? Hit us up!\n", "failed to fetch"),
        ("fatal: unable to access x\n\nPlease make sure it exists.\n", "unable to access x"),
        ("No module named pip\n", "No module named pip"),
        ("WARNING: slow\n[notice] new\n", "it ended with the status 3"),
        ("", "it ended with the status 3"),
    ],
)  # fmt: skip
def test_the_reason_is_the_error_and_no_notice(stderr: str, said: str) -> None:
    assert reason(subprocess.CompletedProcess([], 3, "", stderr)) == said
