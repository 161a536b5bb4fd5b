"""Finished runs that were damaged, edited or mixed up since: nobody uses them in silence."""

import json
import shutil
from pathlib import Path

import pytest

from inforeg.engine import checkpoint
from inforeg.engine.contents import COST, FILES, METRICS, MODEL, PREDICTIONS, RESULTS, RUN, SUMMARY
from inforeg.engine.finished import check_runs, finished
from inforeg.engine.record import Record
from inforeg.engine.train import train
from inforeg.errors import UserError
from inforeg.files import sealed, sha256, write_json
from inforeg.registry import METHODS
from inforeg.suite.jobs import needs
from tests.conftest import EVERY_EPOCH, make_config, make_data, make_spec

SHORT = make_config(training={"epochs": 2})
SPEC = make_spec(config=SHORT)
OTHER = SPEC.model_copy(update={"seed": 1})
NOT_OURS = ("[]", "5", "null", "{}", '"text"', "", "{", "[[", '{"spec": null}', "\x00")
STATED = sorted(RESULTS)
JSON = (RUN, SUMMARY, COST)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of two finished runs that differ in their seed."""
    root = tmp_path_factory.mktemp("trained")
    for spec in (SPEC, OTHER):
        train(spec, spec.directory(root), make_data(), root)
    return root


@pytest.fixture
def runs(trained, tmp_path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(trained, tmp_path / "runs"))


def edits(content: bytes, other: bytes) -> dict[str, bytes]:
    """What may happen to a file."""
    lines = content.splitlines(keepends=True)
    middle = len(content) // 2
    digit = next(
        place for place in range(len(content) // 3, len(content)) if content[place : place + 1].isdigit()
    )
    changed = b"7" if content[digit : digit + 1] != b"7" else b"8"
    return {
        "empty": b"",
        "cut": content[:middle],
        "half of its lines": b"".join(lines[: len(lines) // 2]),
        "a line twice": b"".join([lines[0], *lines]),
        "a digit changed": content[:digit] + changed + content[digit + 1 :],
        "a bit flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "another seed's": other,
    }


def refused(runs: Path, said: str) -> None:
    """Training, whoever needs the run, and the check name the file; nothing is changed."""
    folder = SPEC.directory(runs)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for attempt in (
        lambda: train(SPEC, folder, make_data(), runs),
        lambda: finished(folder, SPEC),
        lambda: check_runs(runs),
    ):
        with pytest.raises(UserError, match=said):
            attempt()
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_finished_run_states_its_files_last(runs):
    folder = SPEC.directory(runs)
    summary = json.loads((folder / SUMMARY).read_text())
    assert summary["files"] == {name: sha256(folder / name) for name in STATED}
    assert summary["files"].keys() == {path.name for path in folder.iterdir() if path.is_file()} - {
        SUMMARY,
        COST,
        ".lock",
    }
    assert check_runs(runs) == "2 finished, 0 unfinished, 0 of another version"


@pytest.mark.parametrize("name", STATED)
def test_a_file_that_is_not_as_the_run_wrote_it_is_named(runs, name):
    path = SPEC.directory(runs) / name
    content, other = path.read_bytes(), (OTHER.directory(runs) / name).read_bytes()
    for what, damaged in edits(content, other).items():
        assert damaged != content, what
        path.write_bytes(damaged)
        refused(
            runs, rf"seed=0.*{name}|seed=0 holds a run with another spec|seed=0 holds the run of .*seed=1"
        )
    path.unlink()
    refused(runs, rf"{name} is missing|{METRICS} belongs to no run|{SUMMARY} belongs to no run")


@pytest.mark.parametrize("name", [SUMMARY, COST])
def test_an_edited_summary_or_cost_is_named(runs, name):
    path = SPEC.directory(runs) / name
    content, other = path.read_bytes(), (OTHER.directory(runs) / name).read_bytes()
    for damaged in edits(content, other).values():
        path.write_bytes(damaged)
        refused(runs, rf"{name} is (damaged|of another run)")


@pytest.mark.parametrize("name", JSON)
def test_json_that_is_not_ours_is_named(runs, name):
    path = SPEC.directory(runs) / name
    whole = json.loads(path.read_text())
    texts = list(NOT_OURS)
    for key in whole.keys() - {"seal", "sources", "machine", "parameters"}:
        for wrong in (None, [], {}, "text", [None], {"x": {}}):
            without = {k: v for k, v in whole.items() if k not in ("seal", key)}
            texts.append(json.dumps(sealed(without)))
            if key not in ("commit", "spec_sha256") or wrong != "text":
                texts.append(json.dumps(sealed({**without, key: wrong})))
    for text in texts:
        path.write_text(text)
        refused(runs, f"seed=0/{name} is damaged|seed=0/{name} is of another run|seed=0/run.json is damaged")


def test_a_damaged_run_is_trained_again_where_discarding_is_asked_for_and_that_is_said(runs, capsys):
    folder = SPEC.directory(runs)
    for name in (*STATED, SUMMARY, COST):
        if name == RUN:
            continue
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-20])
        train(SPEC, folder, make_data(), runs, discard=True)
        said = capsys.readouterr().err
        assert f"inforeg: warning: {folder / name} is damaged" in said
        assert "discarded and trained again" in said
        assert (folder / name).read_bytes() == content or name == COST
    train(SPEC, folder, make_data(), runs, discard=True)
    assert capsys.readouterr().err == ""


def test_the_model_of_another_seed_is_no_teacher(runs):
    spec = make_spec("ensemble", config=SHORT)
    for needed in needs(spec):
        for each in (needed, needed.model_copy(update={"seed": 1})):
            train(each, each.directory(runs), make_data(), runs)
    path = needed.directory(runs) / MODEL
    shutil.copy(each.directory(runs) / MODEL, path)
    with pytest.raises(UserError, match=f"{path} is damaged .*; give another --runs, or delete it"):
        train(spec, spec.directory(runs), make_data(), runs)
    assert not spec.directory(runs).exists()


def interrupted(monkeypatch, folder: Path, spec) -> None:
    """Train for one epoch."""
    save = Record.save

    def stop(record, state):
        save(record, state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Record, "save", stop)
        train(spec, folder, make_data(), folder, EVERY_EPOCH)


def test_a_checkpoint_of_another_run_is_set_aside(runs, monkeypatch, tmp_path):
    mine, others = tmp_path / "mine", tmp_path / "others"
    for what in ("another seed's", "no checkpoint"):
        interrupted(monkeypatch, mine, SPEC)
        if what == "another seed's":
            interrupted(monkeypatch, others, OTHER)
            shutil.copy(others / "last.ckpt", mine / "last.ckpt")
        else:
            checkpoint.save(mine / "last.ckpt", [1, 2])
        with pytest.raises(UserError, match=r"last\.ckpt is not of this run and was set aside"):
            train(SPEC, mine, make_data(), mine)
    train(SPEC, mine, make_data(), mine)
    assert (mine / MODEL).read_bytes() == (SPEC.directory(runs) / MODEL).read_bytes()


def test_what_was_logged_is_what_a_finished_run_holds(runs, monkeypatch, tmp_path):
    interrupted(monkeypatch, tmp_path, SPEC)
    append = Record.append

    def meddle(record, row):
        append(record, row)
        (tmp_path / METRICS).write_text("{}\n")

    with monkeypatch.context() as patch:
        patch.setattr(Record, "append", meddle)
        train(SPEC, tmp_path, make_data(), tmp_path)
    assert (tmp_path / METRICS).read_bytes() == (SPEC.directory(runs) / METRICS).read_bytes()


def test_the_check_knows_places_reports_and_runs_that_are_not_done(runs, monkeypatch):
    report = runs / "toy/joint/default/seeds=0-1.json"
    hashes = {str(seed): sha256(spec.directory(runs) / SUMMARY) for seed, spec in enumerate((SPEC, OTHER))}
    write_json(report, sealed({"summary_sha256": hashes, "spec_sha256": SPEC.digest()}))
    interrupted(monkeypatch, runs / "own", SPEC)
    assert check_runs(runs) == "2 finished, 1 unfinished, 0 of another version"

    for text in (*NOT_OURS, json.dumps({"summary_sha256": hashes, "spec_sha256": SPEC.digest()})):
        report.write_text(text)
        with pytest.raises(UserError, match=r"seeds=0-1\.json is damaged"):
            check_runs(runs)
    write_json(report, sealed({"summary_sha256": {**hashes, "0": "0" * 64}, "spec_sha256": SPEC.digest()}))
    with pytest.raises(UserError, match=r"seed=0/summary\.json is not the one that seeds=0-1\.json"):
        check_runs(runs)
    write_json(report, sealed({"summary_sha256": {**hashes, "2": "0" * 64}, "spec_sha256": SPEC.digest()}))
    with pytest.raises(UserError, match=r"seed=2/summary\.json is missing, which seeds=0-1\.json names"):
        check_runs(runs)
    report.unlink()
    OTHER.directory(runs).rename(runs / "toy/joint/default/seed=5")
    with pytest.raises(UserError, match=r"seed=5 holds the run of toy/joint/default/seed=1"):
        check_runs(runs)


def test_runs_of_version_0_1_are_counted_and_discarded_like_those_of_another_spec(runs):
    old = SPEC.model_copy(update={"versions": {"engine": 2}})
    folder = SPEC.directory(runs)
    described = {"spec": old.model_dump(mode="json"), "spec_sha256": old.digest()}
    write_json(folder / RUN, {**described, "commit": "abc", "versions": {"torch": "2.8"}})
    write_json(folder / SUMMARY, {**described, "parameters": 3, "selection": {}})
    assert check_runs(runs) == "1 finished, 0 unfinished, 1 of another version"
    with pytest.raises(UserError, match=r"another spec \(versions\.engine = 2 there, 1 here\)"):
        train(SPEC, folder, make_data(), runs)
    train(SPEC, folder, make_data(), runs, discard=True)
    assert {path.name for path in folder.iterdir()} - {".lock", "tensorboard"} == set(FILES) - {"last.ckpt"}


def test_runs_of_another_version_of_their_method_are_counted_as_such(runs, monkeypatch):
    monkeypatch.setattr(METHODS.get(SPEC.method), "version", 2)
    assert check_runs(runs) == "2 finished, 0 unfinished, 0 of another version"  # which states none
    old = SPEC.model_copy(update={"versions": {**SPEC.versions, "method": 1}, "variant": "old"})
    train(old, old.directory(runs), make_data(), runs)
    assert check_runs(runs) == "2 finished, 0 unfinished, 1 of another version"


def test_the_root_of_the_runs_is_a_directory(tmp_path):
    with pytest.raises(UserError, match="nowhere is no directory; name the root of the runs"):
        check_runs(tmp_path / "nowhere")
    assert check_runs(tmp_path) == "0 finished, 0 unfinished, 0 of another version"


def test_predictions_without_rows_are_damaged(runs):
    import pyarrow.parquet as pq

    path = SPEC.directory(runs) / PREDICTIONS
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    refused(runs, f"{PREDICTIONS} is damaged")
