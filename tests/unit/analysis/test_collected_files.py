"""Collected frames and reports that were damaged or edited since, and numbers that are not finite."""

import json
import shutil

import pandas as pd
import pytest
from sweeps import write_all

from inforeg.analysis.collected.collect import PROVENANCE, TIMES, Collected, collect
from inforeg.analysis.collected.parquet import write_parquet
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables.details import detail_tables
from inforeg.analysis.tables.main_table import main_table
from inforeg.engine.contents import COST, SUMMARY
from inforeg.engine.provenance import Gathered
from inforeg.errors import UserError
from inforeg.files import sealed, sha256, write_json
from inforeg.probes.frames import COLUMNS
from tests.runs import finish

NOT_OURS = ("[]", "5", "null", "{}", '"text"', "", "{", "[[")


@pytest.fixture
def collected(study, tmp_path):
    folder = tmp_path / "collected"
    study.collected.write(folder)
    return folder


def damaged(folder, name):
    with pytest.raises(
        UserError, match=rf"{name} is (missing|damaged|missing or damaged)\b.*`inforeg collect`"
    ):
        Collected.read(folder)


def test_a_frame_that_is_not_as_it_was_collected_is_named(collected):
    whole = {name: (collected / f"{name}.parquet").read_bytes() for name in COLUMNS}
    for name, content in whole.items():
        path = collected / f"{name}.parquet"
        frame = pd.read_parquet(path)
        if len(frame):
            write_parquet(frame.iloc[: len(frame) // 2], path)
            damaged(collected, f"{name}.parquet")
        other = next(each for each in whole if each != name)
        for bad in (b"", content[:-9], content[:60] + b"?" + content[61:], whole[other]):
            path.write_bytes(bad)
            damaged(collected, f"{name}.parquet")
        path.unlink()
        damaged(collected, f"{name}.parquet")
        path.write_bytes(content)
    Collected.read(collected)


def test_provenance_that_is_not_ours_is_named(collected):
    path = collected / PROVENANCE
    whole = json.loads(path.read_text())
    texts = [*NOT_OURS, json.dumps({**whole, "runs": 3}), json.dumps({**whole, "left_out": []})]
    for key in (
        name for name, field in Gathered.model_fields.items() if field.is_required() and name != "seal"
    ):
        without = {k: v for k, v in whole.items() if k not in ("seal", key)}
        texts += [
            json.dumps(sealed(without)),
            *(json.dumps(sealed({**without, key: bad})) for bad in (None, [None], 0)),
        ]
    for text in texts:
        path.write_text(text)
        damaged(collected, "(provenance.json|times.json)" if "files" in text else "(provenance|times).json")


def test_frames_of_two_collections_are_not_mixed(sweep, collected, tmp_path):
    spec = sweep.plan.cells[0].specs[0]
    kept = {rule: {"epoch": 0, "metrics": {"test/accuracy": 0.1}} for rule in ("val", "last", "test_oracle")}
    finish(spec.directory(sweep.runs), spec, kept)
    sweep.study().collected.write(tmp_path / "second")
    shutil.copy(tmp_path / "second/runs.parquet", collected)
    damaged(collected, "runs.parquet")


def test_other_times_leave_the_provenance_as_it_is(sweep, collected, tmp_path):
    for spec in (spec for cell in sweep.plan.cells for spec in cell.specs):
        path = spec.directory(sweep.runs) / COST
        path.write_text(json.dumps(sealed({**json.loads(path.read_text()), "wall_seconds": 99.0})))
    sweep.study().collected.write(tmp_path / "second")
    second = tmp_path / "second"
    assert (second / PROVENANCE).read_bytes() == (collected / PROVENANCE).read_bytes()
    assert (second / TIMES).read_bytes() != (collected / TIMES).read_bytes()
    shutil.copy(second / "costs.parquet", collected)
    damaged(collected, "costs.parquet")
    shutil.copy(second / TIMES, collected)
    Collected.read(collected)


def test_times_are_of_their_provenance(collected):
    path = collected / TIMES
    whole = json.loads(path.read_text())
    for text in (
        *NOT_OURS,
        json.dumps(sealed({**whole, "provenance": "0" * 64})),
        json.dumps({**whole, "files": {}}),
    ):
        path.write_text(text)
        damaged(collected, "times.json")


def test_a_summary_that_is_not_the_reported_one_is_named(sweep):
    specs = sweep.plan.cells[0].specs
    folder = specs[0].directory(sweep.runs)
    report = folder.parent / "seeds=0-7.json"
    hashes = {str(spec.seed): sha256(spec.directory(sweep.runs) / SUMMARY) for spec in specs}

    def write(**changes):
        content = {"summary_sha256": hashes, "spec_sha256": specs[0].digest(), **changes}
        write_json(report, sealed(content))

    write()
    expected = collect(sweep.plan, sweep.runs, "val").runs
    write(
        spec_sha256="0" * 64, summary_sha256=dict.fromkeys(hashes, "1" * 64)
    )  # an earlier spec left it behind
    pd.testing.assert_frame_equal(collect(sweep.plan, sweep.runs, "val").runs, expected)
    write(summary_sha256={**hashes, "3": "1" * 64})
    with pytest.raises(
        UserError, match=r"seed=3/summary\.json is not the one that seeds=0-7\.json beside it names"
    ):
        collect(sweep.plan, sweep.runs, "val")
    for text in (
        *NOT_OURS,
        json.dumps({"summary_sha256": {}}),
        json.dumps(sealed({"summary_sha256": {"a": "b"}})),
    ):
        report.write_text(text)
        with pytest.raises(
            UserError, match=r"seeds=0-7\.json is damaged .*; remove the run's directory and the seeds="
        ):
            collect(sweep.plan, sweep.runs, "val")


def test_a_number_that_is_not_finite_is_a_dash(sweep, tmp_path):
    for cell in sweep.plan.cells:
        for spec in cell.specs:
            folder = spec.directory(sweep.runs)
            kept = json.loads((folder / SUMMARY).read_text())["selection"]
            if (cell.benchmark, cell.row) == ("alpha", "inforeg"):
                for rule in kept.values():
                    rule["metrics"]["test/loss"] = None
            rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
            (folder / "metrics.jsonl").write_text(
                "".join(json.dumps({**row, "test/loss": None}) + "\n" for row in rows)
            )
            finish(folder, spec, kept)
    sweep.study().collected.write(tmp_path / "collected")
    experiment = sweep.experiment.model_copy(update={"metric": "loss", "beside": ["macro_f1"]})
    study = Study("mini", experiment, sweep.benchmarks, Collected.read(tmp_path / "collected"))
    assert study.collected.epochs.query("metric == 'test/loss'")["value"].isna().all()
    table = main_table(study, compute(study))
    assert "nan" not in str(table).lower()
    row = next(row for row in table.rows if row[0].text.startswith("Inforeg"))
    assert row[1].text.startswith("—")
    assert "nan" not in str(detail_tables(study, compute(study), "alpha")).lower()
    write_all(study, tmp_path)
    for path in (tmp_path / "tables").iterdir():
        assert "nan" not in path.read_text().lower().replace("finance", "")
