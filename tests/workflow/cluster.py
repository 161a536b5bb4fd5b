"""A Slurm cluster of one node, on loopback, from Debian's slurm-wlm, munge, slurmdbd and mariadb-server.

By hand, from the repository's root: python -m tests.workflow.cluster bash
"""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.workflow.held import PATIENCE, wait_until

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "srun")
ACCOUNTING = ("slurmdbd", "mariadbd", "mariadb-install-db", "sacct")
SEARCHED = os.pathsep.join((os.defpath, "/usr/sbin", "/sbin"))
HERE = socket.gethostbyname(socket.gethostname())  # Slurm's daemons listen there, and nowhere else

SLURM = """
ClusterName=inforeg
SlurmctldHost=localhost({here})
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,sched_min_interval=0
KillWait=2
GresTypes=gpu
NodeName=localhost NodeHostname={host} NodeAddr={here} CPUs=16 RealMemory=128000 Gres=gpu:1
PartitionName=main Nodes=ALL Default=YES State=UP
"""
ACCOUNTED = """
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost={here}
AccountingStoragePort={accounts}
AccountingStoragePass={folder}/munge.socket
"""
DATABASE = """
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr={here}
DbdPort={accounts}
CommunicationParameters=NoInAddrAny
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost={here}
StoragePort={storage}
StorageUser=root
"""


def lacking(tools: tuple[str, ...]) -> str:
    """Why there can be no cluster with these programs; empty if there can be one."""
    if absent := [tool for tool in tools if shutil.which(tool, path=SEARCHED) is None]:
        return f"not installed: {', '.join(absent)}"
    return "" if HERE.startswith("127.") else "the host's own name leads out of loopback"


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        folder: its configuration, logs and state.
        accounting: whether `sacct` knows its jobs.
    """

    folder: Path
    accounting: bool

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's commands need to find it."""
        return {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": os.pathsep.join((str(self.folder / "bin"), SEARCHED)),
        }

    def answer(self, *command: str) -> str:
        """What one of Slurm's commands prints."""
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def states(self) -> dict[str, str]:
        """Of all jobs that the controller remembers, by their numbers."""
        lines = self.answer("squeue", "--states=all", "--noheader", "--format=%i %T").splitlines()
        return dict(line.split() for line in lines)


@contextmanager
def cluster(folder: Path, accounting: bool = False) -> Iterator[Cluster]:
    """Start a cluster in an empty folder, and stop all of it at the end."""
    ports = dict(zip(("control", "node", "accounts", "storage"), _free_ports(4), strict=True))
    common = {"folder": folder, "user": getpass.getuser(), "here": HERE, **ports}
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    storage = ACCOUNTED.format(**common) if accounting else "AccountingStorageType=accounting_storage/none"
    (folder / "slurm.conf").write_text(SLURM.format(**common, host=socket.gethostname()) + storage)
    (folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")  # as far as Slurm is concerned
    private = {"munge.key": os.urandom(128), "slurmdbd.conf": DATABASE.format(**common).encode()}
    for name, content in private.items():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)
    # In a job, Snakemake's plug-in starts `srun` without the variable.
    srun = folder / "bin/srun"
    srun.write_text(
        f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun", path=SEARCHED)} "$@"\n'
    )
    srun.chmod(0o755)
    started = Cluster(folder, accounting)
    with ExitStack() as stack:
        for command, there in _daemons(started, ports):
            stack.enter_context(_daemon(started, command, there))
        stack.callback(_end_jobs, started)
        yield started


def _daemons(started: Cluster, ports: Mapping[str, int]) -> Iterator[tuple[list[str], Callable[[], bool]]]:
    """What is started, in this order, each with what it answers once it is there."""
    folder = started.folder
    named = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid"}
    named |= {"seed-file": "munge.seed", "log-file": "munge.log"}
    options = [f"--{option}={folder / name}" for option, name in named.items()]
    # It would not have a folder that only its own user may enter.
    yield ["munged", "--foreground", "--force", *options], (folder / "munge.socket").exists
    if started.accounting:
        options = ["--no-defaults", f"--user={getpass.getuser()}", f"--datadir={folder}/database"]
        started.answer("mariadb-install-db", *options, "--auth-root-authentication-method=normal")
        options += [f"--socket={folder}/database.socket", f"--pid-file={folder}/database.pid"]
        options += [f"--bind-address={HERE}", f"--port={ports['storage']}"]
        yield ["mariadbd", *options], lambda: _listens(ports["storage"])
        yield ["slurmdbd", "-D"], lambda: _listens(ports["accounts"])
    yield ["slurmctld", "-D"], lambda: _listens(ports["control"])
    yield (
        ["slurmd", "-D", "-N", "localhost"],
        lambda: started.answer("sinfo", "--noheader", "--format=%T").strip() == "idle",
    )


@contextmanager
def _daemon(started: Cluster, command: Sequence[str], there: Callable[[], bool]) -> Iterator[None]:
    said = started.folder / f"{command[0]}.out"
    with said.open("wb") as out:
        process = subprocess.Popen(
            command, env=os.environ | started.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )

    def answers() -> bool:
        assert process.poll() is None, said.read_text()
        return there()

    try:
        wait_until(answers, f"{command[0]} does not answer")
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _end_jobs(started: Cluster) -> None:
    started.answer("scancel", "--partition=main")
    wait_until(lambda: not started.answer("squeue", "--noheader"), "the jobs do not end")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HERE, 0))
        return [each.getsockname()[1] for each in sockets]


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HERE, port)) == 0


if __name__ == "__main__":
    if why := lacking(TOOLS):
        sys.exit(why)
    with (
        tempfile.TemporaryDirectory() as place,
        cluster(Path(place), accounting=not lacking(ACCOUNTING)) as running,
    ):
        sys.exit(subprocess.run(sys.argv[1:], env=os.environ | running.environment, check=False).returncode)
