"""A process that has imported what commands need, and runs each one in a fork of itself.

Most of a short job's time goes into importing torch and pandas. A workflow starts one worker for its jobs on
this machine, and a command is handed over where a worker has its environment; where none has, it runs as
ever. No more than the standard library is imported for it, so that handing over costs little.
"""

import atexit
import gc
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from inforeg.processes import STOPS, handling

PLACE = "INFOREG_WORKERS"
"""The variable that names the folder of the workers' sockets."""

THREADS = (
    "OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip
"""What Snakemake sets to a job's number of threads."""

PASSING = {PLACE, "_", "PS1", "SHLVL", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "TEMPDIR"}
"""Variables that no library reads when it is loaded: shells and Snakemake set them anew for each job."""

PACKAGE = Path(__file__).parents[1]


def start() -> None:
    """Start a worker for jobs of one thread, which ends with this process."""
    if sys.platform != "linux":  # elsewhere a fork of what has loaded torch may crash
        return
    folder = tempfile.mkdtemp(prefix="inforeg-")
    os.environ[PLACE] = folder
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(_address(folder, environment))
        listener.listen()  # from now on commands wait for it
        worker = subprocess.Popen(
            [sys.executable, "-m", "inforeg.cli.worker", folder, str(listener.fileno())],
            env=environment,
            pass_fds=[listener.fileno()],
            process_group=0,  # signals reach the forks by the commands that they run
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    atexit.register(worker.communicate)  # closes its standard input, and has its time counted


def handed(arguments: Sequence[str]) -> int | None:
    """Let a worker run a command in this process's place.

    Returns:
        The command's exit status, or None if no worker took it.
    """
    folder = os.environ.pop(PLACE, None)  # what the command starts is no job
    if folder is None:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        if not (pid := _taken(arguments, connection, folder)):
            return None
        with _passed_on(pid) as signals:
            status = connection.recv(1)
    return status[0] if status else _ended(signals)


def _taken(arguments: Sequence[str], connection: socket.socket, folder: str) -> int:
    """Offer a command to a worker; the process that runs it now, or 0."""
    request = json.dumps([arguments, str(Path.cwd()), dict(os.environ)]).encode()
    try:
        connection.connect(_address(folder, os.environ))
        socket.send_fds(connection, [len(request).to_bytes(8)], [0, 1, 2])
        connection.sendall(request)
        return int.from_bytes(connection.recv(8, socket.MSG_WAITALL))
    except OSError:
        return 0


@contextmanager
def _passed_on(pid: int) -> Iterator[list[int]]:
    """Pass the signals that may end a command on to the process that runs it; yields those that came."""
    came: list[int] = []

    def pass_on(number: int, _: object) -> None:
        came.append(number)
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    with handling((signal.SIGINT, *STOPS), pass_on):
        yield came


def _ended(signals: Sequence[int]) -> int:
    """End as the process did that ran the command: by a signal."""
    if signals:
        signal.signal(signals[-1], signal.SIG_DFL)
        os.kill(os.getpid(), signals[-1])
    print("inforeg: the process was killed; the same command goes on where it stopped.", file=sys.stderr)
    return 128 + signal.SIGKILL


def _address(folder: str, environment: Mapping[str, str]) -> str:
    """Where the worker listens that has this installation of Python and an environment."""
    kept = sorted(item for item in environment.items() if item[0] not in PASSING)
    return str(Path(folder, hashlib.sha256(repr((sys.prefix, sys.version, kept)).encode()).hexdigest()[:16]))


def work(folder: str, listener: socket.socket) -> None:
    """Run commands until the process that started this one ends, or the code is no more what was imported."""
    with listener:
        code = _code()
        _prepare()
        while listener.fileno() in select.select([listener.fileno(), 0], [], [])[0] and _code() == code:
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _answer(connection)
            _reap(os.WNOHANG)
    shutil.rmtree(folder, ignore_errors=True)
    _reap(0)


def _reap(how: int) -> None:
    """Take leave of the forks that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, how)[0]:
            pass


def _code() -> tuple[int, int]:
    """Number of the package's modules, and the time of the last edit."""
    times = [path.stat().st_mtime_ns for path in PACKAGE.rglob("*.py")]
    return len(times), max(times)


def _prepare() -> None:
    """Import what training and probes need: more would count as the memory of a run."""
    from inforeg.__main__ import parser
    from inforeg.engine import machine

    machine.limit()
    parser()
    import inforeg.engine.train
    import inforeg.probes.examine  # noqa: F401

    gc.freeze()  # a collection in a fork would copy every page of what was imported


def _answer(connection: socket.socket) -> NoReturn:
    """Be the process of one command."""
    try:
        length, descriptors, _, _ = socket.recv_fds(connection, 8, 3)
        request = connection.recv(int.from_bytes(length), socket.MSG_WAITALL)
        arguments, folder, environment = json.loads(request)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin, sys.stdout, sys.stderr = map(_renewed, (sys.stdin, sys.stdout, sys.stderr))
        os.chdir(folder)
        os.environ.update(environment)
        sys.argv[1:] = arguments
        connection.sendall(os.getpid().to_bytes(8))
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        connection.sendall(_status(arguments).to_bytes(1))
    finally:
        os._exit(0)


def _renewed(stream: object) -> TextIOWrapper:
    """A standard stream whose file is another one than when it was opened: the two may not seek alike."""
    assert isinstance(stream, TextIOWrapper)
    return TextIOWrapper(
        open(stream.fileno(), f"{stream.mode}b", 0 if stream.write_through else -1, closefd=False),
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _end_with(connection: socket.socket) -> None:
    """End this process when the one ends that handed its command over."""
    with suppress(OSError):
        connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _status(arguments: Sequence[str]) -> int:
    """Run a command; its exit status, its last words said."""
    from inforeg.__main__ import main

    try:
        return main(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        with suppress(OSError):
            sys.stdout.flush()


if __name__ == "__main__":
    work(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
