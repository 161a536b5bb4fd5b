"""Finished runs to a remote and from it, by what decides their bits: a laboratory trains none twice."""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from inforeg.engine.contents import FILES, RUN, SUMMARY, Report, Summary
from inforeg.engine.finished import ANEW, FINISHED, directories, finished, state
from inforeg.engine.opened import other_files
from inforeg.engine.plugins import sources
from inforeg.engine.record import check_place, write_report
from inforeg.errors import UserError
from inforeg.files import PART, sha256
from inforeg.locks import locked
from inforeg.reading import read_json
from inforeg.runspec import RunSpec
from inforeg.suite.folders import manifest
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.jobs import Job
from inforeg.suite.remotes.archive import MEMBERS, name_of, pack, unpack
from inforeg.suite.remotes.remote import Remote, RemoteError

AT_ONCE = 8
"""Runs under way at a time, each of which waits for the remote most of the time."""

PUSHED, PULLED, THERE, ABSENT = "pushed", "pulled", "there already", "not in the remote"
CLEARED = "remove it, or let --discard do so"

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What became of runs.

    Attributes:
        ends: how many of them ended how.
        refusals: a sentence on each of the others.
        absent: folders of data/ that are not there, for which jobs are not reported.
    """

    ends: Mapping[str, int]
    refusals: Sequence[UserError]
    absent: Collection[str] = ()


def push(remote: Remote, runs: Path) -> Outcome:
    """Keep all finished runs below `runs` in the remote.

    Refused are damaged ones, and those that differ from what is there.

    Raises:
        UserError: there is none, or the remote does not answer.
    """
    folders = [folder for folder in directories(runs) if (folder / SUMMARY).exists()]
    if not folders:
        raise UserError(f"{runs} holds no finished run; train one first, or name another root by --runs.")
    remote.begin()
    with tempfile.TemporaryDirectory() as scratch:
        return _outcome(_each("push", partial(_push, remote, Path(scratch)), folders))


def pull(remote: Remote, jobs: Sequence[Job], runs: Path, data: Path, *, discard: bool) -> Outcome:
    """Bring what the remote has of the runs of `jobs` below `runs`, and report the jobs that are done then.

    Refused are runs that are damaged there, and those in whose place something else is. A job is not reported
    before its data are there: the workflow plans what is older than its data.

    Args:
        remote: which one.
        jobs: those that others need come first.
        runs: root of all runs.
        data: root of the folders of data.
        discard: discard runs of another spec in the way, and damaged ones.

    Raises:
        UserError: the remote does not answer, or has no runs.
    """
    remote.check()
    waiting = [job for job in jobs if not _is_reported(job, runs)]
    # Before the threads begin: Python reads sources in one thread at a time.
    named = [(spec, name_of(spec.digest(), sources(spec))) for job in waiting for spec in job.specs]
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull.", suffix=PART, dir=runs) as scratch:
        found = _each("pull", partial(_pull, remote, Path(scratch), runs, discard=discard), named)
    ends, absent = iter(found), set()
    for job in waiting:
        done = {next(ends) for _ in job.specs} <= {PULLED, THERE}
        place = dataset_of(job.spec.config.data).place
        if done and not (data / place / manifest.NAME).exists():
            absent.add(place)
        elif done:
            stated = {spec.seed: sha256(spec.directory(runs) / SUMMARY) for spec in job.specs}
            write_report(runs / job.path, job.spec, stated)
    reported = sum(len(job.specs) for job in jobs) - len(named)
    return _outcome([*found, *[THERE] * reported], sorted(absent))


def _outcome(found: Sequence[str | UserError], absent: Collection[str] = ()) -> Outcome:
    """What `_each` returns, counted."""
    refusals = [each for each in found if isinstance(each, UserError)]
    return Outcome(Counter(each for each in found if isinstance(each, str)), refusals, absent)


def _each(what: str, do: Callable[[T], str], items: Sequence[T]) -> list[str | UserError]:
    """What became of each of the items: its end, or why it was refused."""

    def end(item: T) -> str | UserError:
        try:
            return do(item)
        except RemoteError:  # the others would meet the same
            raise
        except UserError as refusal:
            return refusal

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            ends = pool.map(end, items)
            return list(tqdm(ends, what, len(items), unit="run", disable=None, leave=False))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _push(remote: Remote, scratch: Path, folder: Path) -> str:
    """Keep the run in `folder`, unless the remote has it."""
    if (found := state(folder)) != FINISHED:
        return found
    ours = read_json(folder / SUMMARY, Summary, ANEW)
    name = name_of(ours.spec_sha256, ours.sources)
    with tempfile.TemporaryDirectory(dir=scratch) as beside:
        theirs = _summary(remote, name, Path(beside))
        if theirs is None:
            pack(folder, archive := Path(beside) / "run.zip")
            remote.put(archive, name)
            return PUSHED
    if parts := _differences(ours, theirs):
        raise UserError(
            f"{folder} differs in {', '.join(parts)} from the run of the same spec in DVC's remote "
            f"{remote.name}, and both stay as they are; pull that one below another --runs, and see "
            "`inforeg diff`."
        )
    return THERE


def _summary(remote: Remote, name: str, folder: Path) -> Summary | None:
    """That of a run in the remote; None where there is none, or the upload was not brought to its end."""
    with remote.reading(name) as file:
        if file is None:
            return None
        try:
            unpack(file, folder, ANEW, [SUMMARY])
            return read_json(folder / SUMMARY, Summary, ANEW)
        except UserError:
            return None


def _differences(ours: Summary, theirs: Summary) -> list[str]:
    """In which results two runs of one spec differ; another commit or machine alone makes no other run."""
    results = (ours.selection, ours.diverged) != (theirs.selection, theirs.diverged)
    return [*other_files(ours, theirs), *([SUMMARY] if results else [])]


def _pull(remote: Remote, scratch: Path, runs: Path, named: tuple[RunSpec, str], *, discard: bool) -> str:
    """Bring a run, whose spec and name are given, unless it is finished here."""
    spec, name = named
    folder = spec.directory(runs)
    if _is_finished(folder, spec, discard=discard):
        return THERE
    with tempfile.TemporaryDirectory(dir=scratch) as beside:
        archive, made = Path(beside) / "run.zip", Path(beside) / "run"
        if not remote.get(name, archive):
            return ABSENT
        remedy = f"it is trained here as any other; remove {remote.place(name)} there and push it again"
        try:
            unpack(archive, made, remedy)
            finished(made, spec, remedy)
        except UserError as damage:
            said = str(damage).replace(f"{made}/", "").replace(str(made), "it")
            raise UserError(f"DVC's remote {remote.name} does not give {folder}: {said}") from None
        check_place(folder, spec, replace=discard)
        _put_in_place(made, folder)
    return PULLED


def _is_finished(folder: Path, spec: RunSpec, *, discard: bool) -> bool:
    if not (folder / SUMMARY).exists():
        return False
    try:
        finished(folder, spec, CLEARED)
    except UserError:
        if not discard:
            raise
        return False
    return True


def _put_in_place(made: Path, folder: Path) -> None:
    """Let `folder` hold the finished run in `made`, its summary last, and nothing else of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    refusal = f"{folder} is being trained at this moment; wait for it, or pull again."
    with locked(folder / ".lock", refusal):
        for name in FILES:
            if name != RUN:  # while it is there, the directory is known as a run's
                (folder / name).unlink(missing_ok=True)
        for name in MEMBERS:
            if (made / name).exists():
                (folder / name).parent.mkdir(exist_ok=True)
                (made / name).replace(folder / name)


def _is_reported(job: Job, runs: Path) -> bool:
    """Whether the workflow has the job done: its report names the runs that are there."""
    try:
        found = read_json(runs / job.path, Report, ANEW)
    except UserError:  # none there, or damaged
        return False
    summaries = {spec.seed: spec.directory(runs) / SUMMARY for spec in job.specs}
    return all(map(found.covers, job.specs)) and all(
        path.exists() and sha256(path) == found.summary_sha256[seed] for seed, path in summaries.items()
    )
