"""Runs that are read back: whole, of the spec that is meant, and made by the code that is there."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from inforeg.engine.contents import COST, FILES, RUN, SUMMARY, Cost, Report, Run, Summary, flat
from inforeg.engine.plugins import digest, sources
from inforeg.engine.versions import ENGINE_VERSION, versions
from inforeg.errors import DivergenceError, UserError
from inforeg.files import PART, sha256
from inforeg.reading import read_json, validated
from inforeg.registry import DATASETS, METHODS
from inforeg.runspec import RunSpec

ANEW = "remove the run's directory and train the run again"
FINISHED, ANOTHER = "finished", "of another version"


def read_run(folder: Path, remedy: str = "choose another directory, or delete this run") -> Run | None:
    """The run.json of `folder`, or None where there is no run."""
    return read_json(folder / RUN, Run, remedy) if (folder / RUN).exists() else None


def finished(folder: Path, spec: RunSpec, remedy: str = ANEW) -> Summary:
    """The summary of the finished run `spec` in `folder`, once all of its files are known to be as written.

    Raises:
        UserError: it is damaged, of another spec or made by another source of a plug-in.
    """
    check_spec(folder, spec, remedy)
    summary = whole(folder, spec.digest(), remedy)
    check_sources(folder, summary.sources, spec)
    return summary


def located(
    spec: RunSpec, runs: Path, remedy: str = "give another --runs, or delete it"
) -> tuple[Path, Summary]:
    """The directory and summary of the finished run `spec` under `runs`, once it is known to be whole."""
    folder = spec.directory(runs)
    if not (folder / SUMMARY).exists():
        raise UserError(f"The finished run {folder} is needed; train it first.")
    return folder, finished(folder, spec, remedy)


def whole(folder: Path, spec_sha256: str, remedy: str = ANEW) -> Summary:
    """The summary in `folder`, once the files that it states are known to be as they were written."""
    summary = read_json(folder / SUMMARY, Summary, remedy)
    if summary.spec_sha256 != spec_sha256:
        raise UserError(f"{folder / SUMMARY} is of another run; {remedy}.")
    for name, stated in summary.files.items():
        if not (folder / name).is_file():
            raise UserError(f"{folder / name} is missing; {remedy}.")
        if sha256(folder / name) != stated:
            raise UserError(f"{folder / name} is damaged (it is not as the run wrote it); {remedy}.")
    if summary.diverged is None:
        read_cost(folder, spec_sha256, remedy)
    return summary


def read_cost(folder: Path, spec_sha256: str, remedy: str) -> dict[str, float]:
    """The costs of the finished run in `folder` by name; a `UserError` where they are of another spec."""
    cost = read_json(folder / COST, Cost, remedy)
    if cost.spec_sha256 != spec_sha256:
        raise UserError(f"{folder / COST} is of another run; {remedy}.")
    return cost.numbers


def check_finite(summary: Summary) -> None:
    """Raise `DivergenceError` if `summary` is of a run that diverged."""
    if summary.diverged is not None:
        raise DivergenceError(summary.diverged)


def check_spec(folder: Path, spec: RunSpec, remedy: str) -> None:
    """Raise a `UserError` with the first difference and `remedy` if `folder` holds a run of another spec."""
    run, now = read_run(folder, remedy), spec.model_dump(mode="json")
    if run is not None and run.spec != now:
        old, new = flat(run.spec), flat(now)
        key = next(key for key in sorted(old | new) if old.get(key) != new.get(key))
        raise UserError(
            f"{folder} holds a run with another spec ({key} = {old.get(key)!r} there, {new.get(key)!r} "
            f"here); {remedy}."
        )


def check_sources(folder: Path, made_by: Mapping[str, str], spec: RunSpec) -> None:
    """Raise a `UserError` if a plug-in of the run in `folder` was edited since without a new version."""
    now = sources(spec)
    changed = [module for module in made_by if made_by[module] != digest(module)]
    changed += [module for module in now if module not in made_by]
    if changed:
        raise UserError(
            f"{folder} was made by another source of {changed[0]} than is there now, under the same version; "
            "raise `version` in it, or give the change a name of its own."
        )


def check_report(folder: Path, spec: RunSpec, remedy: str) -> None:
    """Raise a `UserError` if a report beside the finished run in `folder` is of another summary of it."""
    for path in sorted(folder.parent.glob("seeds=*.json")):
        report = read_json(path, Report, remedy)
        if report.covers(spec) and report.summary_sha256[spec.seed] != sha256(folder / SUMMARY):
            raise UserError(f"{folder / SUMMARY} is not the one that {path.name} beside it names; {remedy}.")


def check_runs(root: Path) -> str:
    """Say in a line how many runs lie at any depth below `root`; the first that is damaged is an error."""
    folders = directories(root)
    states = Counter(state(folder) for folder in tqdm(folders, "runs", unit="run", disable=None, leave=False))
    for path in sorted(root.rglob("seeds=*.json")):
        for seed in read_json(path, Report, _NO_REPORT).summary_sha256:
            if not (summary := path.parent / f"seed={seed}" / SUMMARY).exists():
                raise UserError(f"{summary} is missing, which {path.name} names; {_NO_REPORT}.")
    return ", ".join(f"{states[each]} {each}" for each in (FINISHED, "unfinished", ANOTHER))


def directories(root: Path) -> list[Path]:
    """The directories at any depth below `root` that hold a run, or a part of one."""
    if not root.is_dir():
        raise UserError(f"{root} is no directory; name the root of the runs.")
    found = {path.parent for path in root.rglob("*") if path.name in FILES}
    # Without what `inforeg rerun` or `inforeg runs pull` left when it was killed.
    return sorted(each for each in found if not any(part.endswith(PART) for part in each.parts))


_NO_REPORT = "remove the seeds=*.json, and run the workflow again"


def state(folder: Path) -> str:
    """How far the run in `folder` is, once it is known to be in its place and what it states of itself."""
    if (run := read_run(folder)) is None:
        raise UserError(f"{folder / RUN} is missing; {ANEW}.")
    if run.seal is None and run.spec.get("versions", {}).get("engine") != ENGINE_VERSION:
        return ANOTHER
    spec = validated(RunSpec, run.spec, f"{folder / RUN}")
    place = spec.directory(Path())
    if folder.name.startswith("seed=") and folder.parts[-len(place.parts) :] != place.parts:
        raise UserError(f"{folder} holds the run of {place}; {ANEW}.")
    if not (folder / SUMMARY).exists():
        return "unfinished"
    whole(folder, run.spec_sha256)
    check_report(folder, spec, ANEW)
    return FINISHED if _is_current(spec) else ANOTHER


def _is_current(spec: RunSpec) -> bool:
    """Whether method and data set are of the versions that are there; of what is missing none is known."""
    if spec.method not in METHODS.classes or spec.config.data.name not in DATASETS.classes:
        return True
    now = versions(spec.method, spec.config)
    return all(spec.versions.get(part, now[part]) == now[part] for part in ("method", "data"))
