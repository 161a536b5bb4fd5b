"""TensorBoard reads what a run wrote: epochs as scalars, and in its HParams view a line per run."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import api_pb2, list_session_groups
from tensorboard.plugins.hparams.backend_context import Context

from inforeg.engine.tracking import hyperparameters
from inforeg.errors import DivergenceError
from inforeg.methods.joint import Joint
from tests.conftest import make_config, make_data, make_spec, poisoned

STATUSES = [api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]


def events(folder: Path) -> list:
    (file,) = (folder / "tensorboard").iterdir()
    assert "tfevents" in file.name
    first, *rest = EventFileLoader(str(file)).Load()
    assert first.file_version
    return rest


def view(folder: Path, **order: object) -> list:
    """The lines of the HParams view, of all runs below `folder`."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    columns = [api_pb2.ColParams(**order)] if order else []
    request = api_pb2.ListSessionGroupsRequest(
        allowed_statuses=STATUSES, col_params=columns, slice_size=99, start_index=0
    )
    backend = Context(SimpleNamespace(data_provider=provider))
    return list(list_session_groups.Handler(RequestContext(), backend, "", request).run().session_groups)


def value(group, name):
    kind = group.hparams[name].WhichOneof("kind")
    return kind and getattr(group.hparams[name], kind)


def test_every_epoch_is_there_once(run):
    folder = run(make_spec("joint"))
    start, *found, selected, end = events(folder)
    assert {each.summary.value[0].tag for each in (start, end)} == {
        "_hparams_/session_start_info",
        "_hparams_/session_end_info",
    }
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [event.step for event in found] == [row["epoch"] for row in rows]
    for event, row in zip(found, rows, strict=True):
        assert {value.tag for value in event.summary.value} == set(row) - {"epoch"}
    kept = json.loads((folder / "summary.json").read_text())["selection"]["val"]
    assert selected.step == kept["epoch"]
    assert {each.tag for each in selected.summary.value} == {f"selected/{name}" for name in kept["metrics"]}


def test_runs_of_several_methods_are_told_apart_and_sorted(run, tmp_path):
    """Each with the settings of its own method, which the other one lacks."""
    specs = [make_spec("joint"), make_spec("inforeg", "mine", seed=3, beta=0.5), make_spec("ogm")]
    folders = [run(spec) for spec in specs]
    groups = {value(group, "method"): group for group in view(tmp_path)}
    assert groups.keys() == {"joint", "inforeg", "ogm"}
    own = groups["inforeg"]
    assert [value(own, name) for name in ("benchmark", "variant", "seed")] == ["toy", "mine", 3]
    assert [value(own, name) for name in ("beta", "training.lr", "fusion")] == [0.5, 0.05, "concat"]
    assert value(own, "training.shuffle_labels") is False
    assert value(own, "encoders.audio.hidden") == "[8]"
    assert value(groups["joint"], "beta") is None
    for spec, folder in zip(specs, folders, strict=True):
        kept = json.loads((folder / "summary.json").read_text())["selection"]["val"]["metrics"]
        shown = {each.name.tag: each.value for each in groups[spec.method].metric_values}
        assert shown["selected/test/accuracy"] == pytest.approx(kept["test/accuracy"])
        assert shown.keys() >= {f"selected/{name}" for name in kept}
        (session,) = groups[spec.method].sessions
        assert session.status == api_pb2.STATUS_SUCCESS
    ordered = view(tmp_path, hparam="seed", order=api_pb2.ORDER_DESC)
    assert value(ordered[0], "method") == "inforeg"
    (found,) = view(tmp_path, hparam="method", filter_regexp="^og", exclude_missing_values=True)
    assert value(found, "method") == "ogm"


def test_a_resumed_run_is_one_line_with_every_epoch_once(run, monkeypatch):
    spec, end = make_spec("joint"), Joint.on_epoch_end

    def interrupted(self, state, metrics):
        if state.epoch == 2:
            raise KeyboardInterrupt
        end(self, state, metrics)

    with monkeypatch.context() as patched:
        patched.setattr(Joint, "on_epoch_end", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(spec)
    folder = run(spec)
    (group,) = view(folder)
    assert group.sessions[0].status == api_pb2.STATUS_SUCCESS
    _, *found, _, _ = events(folder)
    assert [event.step for event in found] == [0, 1, 2, 3, 4]


def test_a_run_that_diverged_is_shown_as_failed(run, tmp_path):
    data = make_data()
    with pytest.raises(DivergenceError):
        run(make_spec("joint"), replace(data, train=poisoned(data.train)))
    (group,) = view(tmp_path)
    assert group.sessions[0].status == api_pb2.STATUS_FAILURE
    assert not [each for each in group.metric_values if each.name.tag.startswith("selected/")]


def test_settings_without_a_value_are_left_out():
    spec = make_spec("joint", config=make_config(training={"clip": None}))
    assert "training.clip" not in hyperparameters(spec)
