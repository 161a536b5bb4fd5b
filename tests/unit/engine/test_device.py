"""Where a run is computed: apart from its spec, told, locked, and started again where it changes."""

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
import torch

from inforeg.data import arrays
from inforeg.data.mapped import Mapped
from inforeg.data.split import Held
from inforeg.engine import checkpoint, device, provenance
from inforeg.engine.record import Record
from inforeg.engine.train import train
from inforeg.probes.restore import evaluate_run, restore
from inforeg.runspec import Machine
from tests.conftest import EVERY_EPOCH, make_data, make_spec

SPEC = make_spec("inforeg")
OTHER = Machine(threads=2)


def weights(folder):
    return (folder / "model.pt").read_bytes()


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A run that was stopped after two epochs."""
    folder, save = tmp_path / "run", Record.save

    def interrupt(record, snapshot):
        save(record, snapshot)
        if snapshot["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Record, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(SPEC, folder, make_data(), tmp_path, EVERY_EPOCH)
    monkeypatch.setattr(Record, "save", save)
    return folder


def epochs_trained(monkeypatch):
    seen, append = [], Record.append

    def counted(record, row):
        seen.append(row["epoch"])
        append(record, row)

    monkeypatch.setattr(Record, "append", counted)
    return seen


def test_an_interrupted_run_goes_on_where_it_was(interrupted, tmp_path, monkeypatch, capsys):
    seen = epochs_trained(monkeypatch)
    train(SPEC, interrupted, make_data(), tmp_path)
    assert seen == [2, 3, 4]
    assert "another machine" not in capsys.readouterr().err


def test_on_another_machine_it_starts_again_and_says_so(interrupted, tmp_path, monkeypatch, capsys):
    seen = epochs_trained(monkeypatch)
    train(SPEC, interrupted, make_data(), tmp_path, OTHER)
    assert seen == [0, 1, 2, 3, 4]
    assert (
        f"{interrupted} was interrupted on another machine (threads = '1' there, '2' here): it starts again"
        in capsys.readouterr().err
    )
    assert json.loads((interrupted / "run.json").read_text())["machine"]["threads"] == "2"


def test_a_finished_run_of_another_machine_counts(run, tmp_path, monkeypatch):
    folder = run(SPEC)
    seen = epochs_trained(monkeypatch)
    train(SPEC, folder, make_data(), tmp_path, OTHER)
    assert not seen
    record = Record(folder, SPEC, OTHER)
    assert record.done
    where = device.elsewhere(device.Run.model_validate_json((folder / "run.json").read_text()), OTHER)
    assert where == "on another machine (threads = '1' there, '2' here)"


def test_processors_are_alike_at_the_portable_level_alone():
    facts = {"level": "avx2", "processor": "this", "maker": "AuthenticAMD", "mkl": "1"}
    digests = {
        (level, processor): device.digest({**facts, "level": level, "processor": processor})
        for level in ("avx2", "native")
        for processor in ("this", "that")
    }
    assert digests["avx2", "this"] == digests["avx2", "that"]
    assert digests["native", "this"] != digests["native", "that"]


@pytest.mark.parametrize("settings", [{"readers": 4}, {"cache": "always"}, {"per_device": 2}])
def test_what_cannot_change_bits_does_not_count(settings):
    assert device.stated(Machine(**settings)) == device.stated(Machine())


def test_a_machine_is_asked_once_for_a_run(tmp_path, monkeypatch):
    asked = []
    facts, versions = device.machine.facts(), provenance.versions()
    monkeypatch.setattr(device.machine, "facts", lambda: asked.append("facts") or facts)
    provenance.versions.cache_clear()
    monkeypatch.setattr(provenance, "version", lambda name: asked.append(name) or versions[name])
    Record(tmp_path / "run", SPEC)
    assert sorted(asked) == sorted(["facts", *versions.keys() - {"python"}])


def test_a_run_written_on_a_gpu_is_read_without_one(run, monkeypatch):
    """Storages carry the name of their device; a file that says `cuda:0` is made here without one."""
    folder = run(SPEC)
    expected = evaluate_run(restore(SPEC, folder, make_data()))
    content = torch.load(folder / "model.pt", weights_only=True)
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save(content, folder / "model.pt")
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(folder / "model.pt", weights_only=True)
    assert checkpoint.load(folder / "model.pt").keys() == content.keys()
    assert evaluate_run(restore(SPEC, folder, make_data())) == expected


def test_data_are_placed_as_the_settings_say(tmp_path):
    arrays.write(tmp_path, a=np.zeros((30, 2), np.float32))
    parts = {name: np.arange(10 * n, 10 * n + 10) for n, name in enumerate(("train", "val", "test"))}
    data = arrays.streamed(("x", "y"), {"a": arrays.mapped(tmp_path, "a")}, np.arange(30) % 2, parts, {})
    assert data.train.stored_bytes == 80
    placed = device.placed(data, Machine(readers=3, evaluation_batch=7))
    assert isinstance(placed.train, Mapped)
    assert (placed.train.readers, placed.test.at_once) == (3, 7)
    held = device.placed(data, Machine(cache="always", evaluation_batch=7))
    assert all(isinstance(split, Held) and split.at_once == 7 for split in (held.train, held.val, held.test))
    assert device.placed(make_data(), Machine()).train.at_once == 1024


def test_few_large_samples_are_evaluated_at_once():
    split = Held({"a": torch.zeros(2, 3, 1024, 1024)}, torch.zeros(2, dtype=torch.int64))
    assert split.at_once == 2**26 // (4 * 3 * 2**20)
    assert replace(split, inputs={"a": torch.zeros(2, 2**26)}).at_once == 1


@pytest.mark.parametrize("settings", [{"channels_last": True}, {"threads": 2}])
def test_a_run_trains_under_other_settings(tmp_path, settings):
    train(SPEC, tmp_path / "run", make_data(), tmp_path, Machine(**settings))
    described = json.loads((tmp_path / "run/run.json").read_text())["machine"]
    assert {name: described[name] for name in settings} == {k: str(v) for k, v in settings.items()}


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    """Two GPUs, as far as locks are concerned; the numbers of those that were chosen."""
    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(device, "_devices", lambda: ["first", "second"])
    monkeypatch.setattr(device, "_locks", lambda: tmp_path)
    monkeypatch.setattr(device, "LOOK", 0.01)
    return chosen


def test_each_process_has_a_gpu_of_its_own_and_one_more_waits(gpus):
    settings, entered, leave = Machine(device="cuda"), threading.Semaphore(0), threading.Event()

    def hold():
        with device.holding_device(settings):
            entered.release()
            leave.wait()

    threads = [threading.Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=30) and entered.acquire(timeout=30)
    assert not entered.acquire(timeout=0.2)
    assert sorted(gpus) == [0, 1]
    leave.set()
    assert entered.acquire(timeout=30)
    for thread in threads:
        thread.join()


def test_several_share_a_gpu_where_that_is_said(gpus):
    settings = Machine(device="cuda", per_device=2)
    with device.holding_device(settings), device.holding_device(settings), device.holding_device(settings):
        assert gpus == [0, 1, 0]


def test_a_killed_process_leaves_its_gpu(gpus, tmp_path):
    code = (
        "import sys, filelock, time; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); "
        "print('held', flush=True); time.sleep(600)"
    )
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / f"{name}.1.0.lock")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]
    for holder in holders:
        assert holder.stdout.readline() == "held\n"
    assert device._taken(["first", "second"], 1) is None
    holders[1].kill()
    for_second = holders[1].wait()
    assert for_second < 0
    with device.holding_device(Machine(device="cuda")):
        assert gpus == [1]
    holders[0].kill()
    for holder in holders:
        holder.wait()
        holder.stdout.close()


def test_whoever_needs_a_gpu_to_itself_shares_it_with_none(gpus):
    alone, shared = Machine(device="cuda"), Machine(device="cuda", per_device=2)
    with device.holding_device(alone), device.holding_device(shared), device.holding_device(shared):
        assert gpus == [0, 1, 1]
        assert device._taken(["first", "second"], 3) is None
    with device.holding_device(shared), device.holding_device(shared):
        assert device._taken(["first", "second"], 1) is None


def test_the_least_busy_gpu_is_taken(gpus):
    settings = Machine(device="cuda", per_device=2)
    with ExitStack() as kept:
        holders = [kept.enter_context(ExitStack()) for _ in range(4)]
        for holder in holders:
            holder.enter_context(device.holding_device(settings))
        assert gpus == [0, 1, 0, 1]
        for number in (0, 1, 3):
            holders[number].close()
        with device.holding_device(settings):
            assert gpus[4:] == [1]


@pytest.mark.parametrize("limit", [1, 3])
def test_four_gpus_are_full_while_any_of_200_jobs_waits_and_never_more(gpus, monkeypatch, limit):
    """64 cores; the test lets one job end at a time, and waits for the one that comes in its place."""
    monkeypatch.setattr(device, "_devices", lambda: ["first", "second", "third", "fourth"])
    monkeypatch.setattr(device, "LOOK", 0.001)
    here, events, ends = threading.local(), queue.Queue(), threading.Semaphore(0)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: setattr(here, "gpu", number))

    def job():
        with device.holding_device(Machine(device="cuda", per_device=limit)):
            events.put((1, here.gpu))
            ends.acquire()
            events.put((-1, here.gpu))

    on, begun = Counter(), 0
    with ThreadPoolExecutor(64) as cores:
        for _ in range(200):
            cores.submit(job)
        try:
            while begun < 200:
                change, gpu = events.get(timeout=30)
                on[gpu] += change
                begun += change > 0
                assert on[gpu] <= limit
                if on == Counter(dict.fromkeys(range(4), limit)):
                    ends.release()
        finally:
            ends.release(200)
    assert begun == 200


def test_without_a_gpu_asked_for_nothing_is_locked(gpus, tmp_path):
    with device.holding_device(Machine()):
        assert not gpus
    assert not list(tmp_path.iterdir())
