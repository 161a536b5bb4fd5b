"""Child processes that end when this one does."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

STOPS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block by an exception, as Ctrl-C does, so that it is cleared up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with handling(STOPS, _stop):
        yield


@contextmanager
def handling(numbers: Iterable[int], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let `handler` handle those signals that are not ignored, as nohup has some, while the block runs."""
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def run(command: Sequence[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `command` in `folder` to its end; an exception here ends it and all that it has started."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        errors="replace",
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """Why a process failed, in its own words: its last error, else its last line that is no notice."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith(("ERROR", "FATAL"))]
    others = [line for line in lines if not line.startswith(NOTICES)]
    said = (errors or others or [f"it ended with the status {done.returncode}"])[-1]
    return said.removeprefix("ERROR:").removeprefix("fatal:").strip().rstrip(".")


NOTICES = ("[notice]", "WARNING", "DEPRECATION", "Having any troubles?")
"""How lines begin that tell no reason."""
